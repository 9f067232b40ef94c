package csvimport

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/distributed-task-queue/taskqueue/examples/csvimport/internal/almanac"
)

// row is one correct line of an almanac.
type row struct {
	date      time.Time
	julianDay int // Julian day number that begins at noon of the date
	weekday   string
	dayOfYear int
	isoWeek   string
	moonAge   float64 // days since the new moon
	moonPhase string
}

// column knows how a field of its name is read into a row.
type column struct {
	name string
	read func(r *row, field string) error
}

// columns are those of the table too, in this order. The date is the first: later ones refer to it.
var columns = []column{
	{"date", func(r *row, field string) (err error) {
		if r.date, err = time.Parse(time.DateOnly, field); err != nil {
			return fmt.Errorf("%q is not a date; valid is YYYY-MM-DD", field)
		}
		return nil
	}},
	{"julian_day", func(r *row, field string) (err error) {
		if r.julianDay, err = strconv.Atoi(field); err != nil {
			return fmt.Errorf("%q is not a whole number", field)
		}
		if want := almanac.JulianDay(r.date); r.julianDay != want {
			return fmt.Errorf("%d is not the Julian day of %s, which is %d", r.julianDay, r.date.Format(time.DateOnly), want)
		}
		return nil
	}},
	{"weekday", func(r *row, field string) error {
		r.weekday = field
		return oneOf(field, weekdays)
	}},
	{"day_of_year", func(r *row, field string) (err error) {
		if r.dayOfYear, err = strconv.Atoi(field); err != nil {
			return fmt.Errorf("%q is not a whole number", field)
		}
		if r.dayOfYear < 1 || r.dayOfYear > 366 {
			return fmt.Errorf("%d is out of range; valid is 1 to 366", r.dayOfYear)
		}
		return nil
	}},
	{"iso_week", func(r *row, field string) error {
		r.isoWeek = field
		if !isoWeek.MatchString(field) {
			return fmt.Errorf("%q is not a week; valid is YYYY-Www", field)
		}
		return nil
	}},
	{"moon_age", func(r *row, field string) (err error) {
		if !decimal.MatchString(field) {
			return fmt.Errorf("%q is not a decimal number", field)
		}
		if r.moonAge, err = strconv.ParseFloat(field, 64); err != nil || r.moonAge < 0 || r.moonAge >= 30 {
			return fmt.Errorf("%s is out of range; valid is 0 to less than 30 days", field)
		}
		return nil
	}},
	{"moon_phase", func(r *row, field string) error {
		r.moonPhase = field
		return oneOf(field, almanac.Phases)
	}},
}

var (
	weekdays = []string{"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"}
	isoWeek  = regexp.MustCompile(`^\d{4}-W(0[1-9]|[1-4]\d|5[0-3])$`)
	decimal  = regexp.MustCompile(`^-?\d+(\.\d+)?$`)
)

func oneOf(field string, valid []string) error {
	if slices.Contains(valid, field) {
		return nil
	}
	return fmt.Errorf("%q is not valid; valid are %s", field, strings.Join(valid, ", "))
}

// rowReader turns lines into rows.
type rowReader struct {
	buf   *bufio.Reader
	order []int // order[i] is the field of columns[i]
}

// newRowReader takes the file's first line, which must name every column once, in any order.
func newRowReader(header string) (*rowReader, error) {
	r := &rowReader{buf: bufio.NewReader(nil)}
	names, err := r.split(header)
	if err != nil {
		return nil, fmt.Errorf("its header: %w", err)
	}
	for _, c := range columns {
		at := slices.Index(names, c.name)
		if at < 0 {
			return nil, fmt.Errorf("its header has no column %s; valid are %s", c.name, columnNames())
		}
		r.order = append(r.order, at)
	}
	if len(names) != len(columns) {
		return nil, fmt.Errorf("its header has %d columns; valid are %s, each once", len(names), columnNames())
	}
	return r, nil
}

func columnNames() string {
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = c.name
	}
	return strings.Join(names, ", ")
}

// read returns the row of a line, or an error that says why there is none.
func (r *rowReader) read(line string) (row, error) {
	var got row
	fields, err := r.split(line)
	if err != nil {
		return got, err
	}
	if len(fields) != len(columns) {
		return got, fmt.Errorf("%d columns; %d are expected", len(fields), len(columns))
	}
	for i, c := range columns {
		field := fields[r.order[i]]
		if field == "" {
			return got, fmt.Errorf("column %s: is empty", c.name)
		}
		if err := c.read(&got, field); err != nil {
			return got, fmt.Errorf("column %s: %w", c.name, err)
		}
	}
	return got, nil
}

func (r *rowReader) split(line string) ([]string, error) {
	if !utf8.ValidString(line) {
		return nil, fmt.Errorf("byte %d is not valid UTF-8", len(validPrefix(line))+1)
	}
	r.buf.Reset(strings.NewReader(line)) // csv.Reader uses this buffer, and not a new one for every line
	parser := csv.NewReader(r.buf)
	fields, err := parser.Read()
	var wrong *csv.ParseError
	if errors.As(err, &wrong) {
		return nil, fmt.Errorf("byte %d: %w", wrong.Column, wrong.Err) // its own line number is always 1
	}
	return fields, err
}

func validPrefix(s string) string {
	for i, r := range s {
		if r == utf8.RuneError {
			if _, size := utf8.DecodeRuneInString(s[i:]); size == 1 {
				return s[:i]
			}
		}
	}
	return s
}
