package csvimport

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
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

// rowError is a line that holds no correct row.
type rowError struct {
	line   int
	text   string // of the line; only the beginning of one that is too long
	reason error
}

func (e *rowError) Error() string { return fmt.Sprintf("line %d: %v", e.line, e.reason) }

// rowReader reads the rows of a file.
type rowReader struct {
	lines  *lineReader
	order  []int       // order[i] is the field of columns[i]
	lineOf map[int]int // Julian day → line; it has a bound, as years have four digits
	buf    *bufio.Reader
}

// newRowReader reads the header, which must name every column once, in any order. If there is
// something wrong with it the error is a *rowError, or io.EOF for an empty file.
func newRowReader(r io.Reader) (*rowReader, error) {
	rows := &rowReader{lines: newLineReader(r), lineOf: make(map[int]int), buf: bufio.NewReader(nil)}
	header, err := rows.lines.next()
	if err == nil {
		err = rows.refuse(header, rows.readHeader(header))
	}
	return rows, err
}

func (r *rowReader) readHeader(header string) error {
	names, err := r.split(header)
	if err != nil {
		return err
	}
	for _, c := range columns {
		at := slices.Index(names, c.name)
		if at < 0 {
			return fmt.Errorf("the header has no column %s; valid are %s", c.name, columnNames())
		}
		r.order = append(r.order, at)
	}
	if len(names) != len(columns) {
		return fmt.Errorf("the header has %d columns; valid are %s, each once", len(names), columnNames())
	}
	return nil
}

// next returns the next row. The error is a *rowError if a line has none, and io.EOF after the last line.
func (r *rowReader) next() (row, error) {
	line, err := r.lines.next()
	if err != nil {
		return row{}, err
	}
	got, err := r.read(line)
	return got, r.refuse(line, err)
}

// refuse returns the *rowError of the line that was read last; nil without a reason.
func (r *rowReader) refuse(line string, reason error) error {
	if reason == nil {
		return nil
	}
	return &rowError{line: r.lines.number, text: line, reason: reason}
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
	if first, twice := r.lineOf[got.julianDay]; twice {
		return got, fmt.Errorf("column date: %s is on line %d already", got.date.Format(time.DateOnly), first)
	}
	r.lineOf[got.julianDay] = r.lines.number
	return got, nil
}

func (r *rowReader) split(line string) ([]string, error) {
	if !utf8.ValidString(line) {
		return nil, fmt.Errorf("byte %d is not valid UTF-8", len(validPrefix(line))+1)
	}
	r.buf.Reset(strings.NewReader(line)) // csv.Reader uses this buffer, and not a new one for every line
	parser := csv.NewReader(r.buf)
	fields, err := parser.Read()
	if wrong, ok := errors.AsType[*csv.ParseError](err); ok {
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
