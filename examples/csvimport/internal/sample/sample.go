// Package sample writes the file that the example imports: an almanac of 12,000 days, with a few lines among
// them that an import must refuse.
package sample

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/distributed-task-queue/taskqueue/examples/csvimport/internal/almanac"
)

// Days is how many days the sample has, each on one correct line. The first is 1990-01-01.
const Days = 12_000

var firstDay = time.Date(1990, time.January, 1, 0, 0, 0, 0, time.UTC)

// Header is the first line of the sample.
const Header = "date,julian_day,weekday,day_of_year,iso_week,moon_age,moon_phase"

// A defect makes a line that must be refused out of the fields of a correct one.
type defect struct {
	kind  string
	spoil func(fields []string) string
}

func replace(column int, with string) func([]string) string {
	return func(fields []string) string {
		fields[column] = with
		return strings.Join(fields, ",")
	}
}

var defects = []defect{
	{"an empty field", replace(2, "")},
	{"a number that is none", replace(1, "24479x3")},
	{"a number out of range", replace(3, "367")},
	{"a decimal out of range", replace(5, "-1.0")},
	{"a day that does not exist", replace(0, "2001-02-30")},
	{"a date in another format", replace(0, "31/12/1999")},
	{"a weekday in another language", replace(2, "Mittwoch")},
	{"a Julian day of another date", replace(1, "2451545")},
	{"too few columns", func(f []string) string { return strings.Join(f[:len(f)-1], ",") }},
	{"too many columns", func(f []string) string { return strings.Join(f, ",") + ",cloudy" }},
	{"a byte that is not UTF-8", replace(6, "full m\xf6\xf6n")},
	{"a quote within a field", replace(2, `Mon"day`)},
	{"a quote that is not closed", replace(2, `"Monday`)},
	{"a date for the second time", func(f []string) string { return strings.Join(f, ",") }},
}

// every is the number of correct lines from one defective line to the next.
const every = 285

// Defect is a line of the sample that must be refused.
type Defect struct {
	Line int // the header is line 1
	Kind string
}

// Write writes the sample and returns its defective lines in their order. Each is a spoilt copy of
// the line before it.
func Write(w io.Writer) ([]Defect, error) {
	b := bufio.NewWriter(w)
	line := 0
	put := func(text string) {
		line++
		b.WriteString(text + "\n") //nolint:errcheck // Flush returns the first error
	}
	var spoilt []Defect
	put(Header)
	for n := range Days {
		fields := fieldsOf(almanac.Of(firstDay.AddDate(0, 0, n)))
		put(strings.Join(fields, ","))
		if (n+1)%every == 0 {
			d := defects[len(spoilt)%len(defects)]
			put(d.spoil(fields))
			spoilt = append(spoilt, Defect{Line: line, Kind: d.kind})
		}
	}
	if err := b.Flush(); err != nil {
		return nil, fmt.Errorf("write sample: %w", err)
	}
	return spoilt, nil
}

func fieldsOf(d almanac.Day) []string {
	return []string{
		d.Date.Format(time.DateOnly),
		strconv.Itoa(d.JulianDay),
		d.Weekday.String(),
		strconv.Itoa(d.DayOfYear),
		d.ISOWeek,
		fmt.Sprintf("%d.%d", d.MoonAge/10, d.MoonAge%10),
		d.MoonPhase,
	}
}
