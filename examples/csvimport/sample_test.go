package csvimport_test

import (
	"bytes"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/distributed-task-queue/taskqueue/examples/csvimport/internal/sample"
)

// reasons are what the import says of each kind of defect that README.md lists.
var reasons = map[string]string{
	"an empty field":                `column weekday: is empty`,
	"a number that is none":         `column julian_day: "24479x3" is not a whole number`,
	"a number out of range":         `column day_of_year: 367 is out of range; valid is 1 to 366`,
	"a decimal out of range":        `column moon_age: -1.0 is out of range; valid is 0 to less than 30 days`,
	"a day that does not exist":     `column date: "2001-02-30" is not a date; valid is YYYY-MM-DD`,
	"a date in another format":      `column date: "31/12/1999" is not a date; valid is YYYY-MM-DD`,
	"a weekday in another language": `column weekday: "Mittwoch" is not valid; valid are Monday, Tuesday`,
	"a Julian day of another date":  `column julian_day: 2451545 is not the Julian day of `,
	"too few columns":               `6 columns; 7 are expected`,
	"too many columns":              `8 columns; 7 are expected`,
	"a byte that is not UTF-8":      `is not valid UTF-8`,
	"a quote within a field":        `bare " in non-quoted-field`,
	"a quote that is not closed":    `extraneous or missing " in quoted-field`,
	"a date for the second time":    ` already`,
}

// sampleDefects writes the sample again, and checks the shipped one by it.
func sampleDefects(t *testing.T) []sample.Defect {
	t.Helper()
	var written bytes.Buffer
	defects, err := sample.Write(&written)
	require.NoError(t, err)
	shipped, err := os.ReadFile("sample.csv")
	require.NoError(t, err)
	require.True(t, bytes.Equal(written.Bytes(), shipped), "sample.csv is not what the generator writes; run go generate")
	return defects
}

func TestSampleIsWhatTheGeneratorWrites(t *testing.T) {
	t.Parallel()
	defects := sampleDefects(t)
	shipped, err := os.ReadFile("sample.csv")
	require.NoError(t, err)
	require.Less(t, len(shipped), 1<<20)
	require.Equal(t, 1+sample.Days+len(defects), bytes.Count(shipped, []byte("\n")))
}

func TestReadmeListsTheDefects(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	lines := make(map[string][]string)
	for _, d := range sampleDefects(t) {
		lines[d.Kind] = append(lines[d.Kind], strconv.Itoa(d.Line))
	}
	require.Len(t, lines, len(reasons))
	for kind, at := range lines {
		require.Contains(t, string(readme), "| "+kind+" | "+strings.Join(at, ", ")+" |")
	}
}
