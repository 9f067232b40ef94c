// Package almanac computes the facts of a day that the example's sample holds. They are arithmetic, so
// anybody can check them, nobody owns them, and every machine gets the same.
package almanac

import (
	"fmt"
	"time"
)

// Day is the facts of one day.
type Day struct {
	Date      time.Time // midnight UTC
	JulianDay int       // the Julian day number, which begins at noon of the day
	Weekday   time.Weekday
	DayOfYear int
	ISOWeek   string // "2000-W01"
	// MoonAge is how many tenths of a day had passed at noon since the mean new moon, 0 to 295. The true new
	// moon is up to 14 hours away from the mean one.
	MoonAge   int
	MoonPhase string // one of Phases
}

// Of returns the facts of the day of t in UTC.
func Of(t time.Time) Day {
	year, month, day := t.UTC().Date()
	date := time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
	isoYear, isoWeek := date.ISOWeek()
	jd := JulianDay(date)
	age := moonAge(jd)
	return Day{
		Date: date, JulianDay: jd, Weekday: date.Weekday(), DayOfYear: date.YearDay(),
		ISOWeek: fmt.Sprintf("%04d-W%02d", isoYear, isoWeek),
		MoonAge: int(age / tenthOfDay), MoonPhase: phase(age),
	}
}

// JulianDay returns the Julian day number that begins at noon UTC of the date.
func JulianDay(date time.Time) int {
	const unixEpoch = 2440588 // 1970-01-01
	days := date.Unix() / 86400
	if date.Unix()%86400 < 0 {
		days--
	}
	return unixEpoch + int(days)
}

// The moon is counted in whole 10⁻⁹ days: floating point could round otherwise on another machine. Both
// values are from Meeus, Astronomical Algorithms, chapter 49.
const (
	nanodaysPerDay = 1_000_000_000
	tenthOfDay     = nanodaysPerDay / 10
	synodicMonth   = 29_530_588_861        // mean, from new moon to new moon
	firstNewMoon   = 2_451_550_097_660_000 // mean new moon of 2000-01-06
)

func moonAge(julianDay int) int64 {
	age := (int64(julianDay)*nanodaysPerDay - firstNewMoon) % synodicMonth
	if age < 0 {
		age += synodicMonth
	}
	return age
}

// Phases are the phases of the moon, each an eighth of a month, from the new moon on.
var Phases = []string{
	"new moon", "waxing crescent", "first quarter", "waxing gibbous", "full moon", "waning gibbous", "last quarter", "waning crescent",
}

// phase centres each phase on its moment: the new moon begins a sixteenth of a month before its age is 0.
func phase(age int64) string {
	sixteenth := age * 16 / synodicMonth
	return Phases[(sixteenth+1)/2%8]
}
