package almanac_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/distributed-task-queue/taskqueue/examples/csvimport/internal/almanac"
)

func day(t *testing.T, date string) almanac.Day {
	t.Helper()
	d, err := time.Parse(time.DateOnly, date)
	require.NoError(t, err)
	return almanac.Of(d)
}

// Days that every almanac lists: the epoch J2000, that of Unix, the beginning of the Gregorian calendar, Sputnik's start.
func TestJulianDay(t *testing.T) {
	t.Parallel()
	for date, want := range map[string]int{
		"2000-01-01": 2451545, "1970-01-01": 2440588, "1969-12-31": 2440587, "1582-10-15": 2299161, "1957-10-04": 2436116, "1858-11-17": 2400001,
	} {
		require.Equal(t, want, day(t, date).JulianDay, date)
	}
}

func TestCalendar(t *testing.T) {
	t.Parallel()
	d := day(t, "2021-01-03")
	require.Equal(t, time.Sunday, d.Weekday)
	require.Equal(t, "2020-W53", d.ISOWeek)
	require.Equal(t, 366, day(t, "2020-12-31").DayOfYear)
}

// An eclipse of the sun is at new moon, one of the moon at full moon.
func TestMoon(t *testing.T) {
	t.Parallel()
	for _, solar := range []string{"1999-08-11", "2006-03-29", "2015-03-20", "2017-08-21", "2020-06-21", "2024-04-08"} {
		require.Equal(t, "new moon", day(t, solar).MoonPhase, solar)
	}
	for _, lunar := range []string{"2000-01-21", "2001-01-09", "2004-10-28", "2011-06-15", "2015-09-28", "2019-01-21"} {
		require.Equal(t, "full moon", day(t, lunar).MoonPhase, lunar)
	}
	require.Equal(t, "first quarter", day(t, "2000-01-14").MoonPhase)
	require.Equal(t, "last quarter", day(t, "2000-01-28").MoonPhase)

	// Within 400 years the age goes through whole months and never leaves its range.
	date := time.Date(1800, 1, 1, 0, 0, 0, 0, time.UTC)
	newMoons, previous := 0, almanac.Of(date).MoonAge
	for range 146097 {
		date = date.AddDate(0, 0, 1)
		age := almanac.Of(date).MoonAge
		require.True(t, age >= 0 && age <= 295, "%s: %d", date, age)
		if age < previous {
			newMoons++
		}
		previous = age
	}
	require.Equal(t, 4947, newMoons) // 146097 / 29.530588861 = 4947.3
}
