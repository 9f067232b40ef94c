package cli

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"unicode"
)

// outputFormat is how results are printed.
type outputFormat string

const (
	outputJSON  outputFormat = "json"
	outputTable outputFormat = "table"
)

// resolve chooses the format, if none is set, by who reads the output.
func (f *outputFormat) resolve(w io.Writer) error {
	switch *f {
	case outputJSON, outputTable:
		return nil
	case "":
		*f = outputJSON
		if isTerminal(w) {
			*f = outputTable
		}
		return nil
	}
	return usagef("--output is %q; it must be json or table", string(*f))
}

// print writes a result: the value as one line of JSON, or the table.
func (p *program) print(value any, table func(*table)) error {
	if p.output == outputJSON {
		encoder := json.NewEncoder(p.Out)
		encoder.SetEscapeHTML(false)
		if err := encoder.Encode(value); err != nil {
			return fmt.Errorf("print the result: %w", err)
		}
		return nil
	}
	t := newTable(p.Out)
	table(t)
	if err := cmp.Or(t.err, t.w.Flush()); err != nil {
		return fmt.Errorf("print the result: %w", err)
	}
	return nil
}

// table writes lines whose cells are aligned.
type table struct {
	w   *tabwriter.Writer
	err error // the first one
}

func newTable(w io.Writer) *table { return &table{w: tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)} }

// row writes a line.
func (t *table) row(cells ...any) {
	texts := make([]string, len(cells))
	for i, cell := range cells {
		texts[i] = printable(fmt.Sprint(cell))
	}
	_, err := fmt.Fprintln(t.w, strings.Join(texts, "\t"))
	t.err = cmp.Or(t.err, err)
}

// printable keeps what tasks say from controlling the terminal or the table.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, s)
}
