package csvimport

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
)

// maxLineBytes is the longest line that is read. No row of an almanac comes near it; a longer one is
// refused and not kept in memory.
const maxLineBytes = 64 << 10

// lineReader reads a file line by line.
//
// CSV lets a quoted field go on over several lines, but no column here may have a line break. So one
// line is one row: a quote that is not closed spoils its own line and no other.
type lineReader struct {
	buf    *bufio.Reader
	number int // of the line that was read last; the first is 1
}

func newLineReader(r io.Reader) *lineReader {
	return &lineReader{buf: bufio.NewReaderSize(r, maxLineBytes)}
}

// next returns the next line that is not blank, without its end. The error is io.EOF after the last
// one, and a *rowError for a line that is too long, which is skipped.
func (l *lineReader) next() (string, error) {
	for {
		raw, more, err := l.buf.ReadLine()
		if err != nil {
			return "", err
		}
		l.number++
		line := string(raw)
		if l.number == 1 {
			line = strings.TrimPrefix(line, "\uFEFF") // the byte order mark that spreadsheets write
		}
		if more {
			if err := l.skip(); err != nil {
				return "", err
			}
			return "", &rowError{line: l.number, text: line[:100], reason: fmt.Errorf("the line is longer than %d bytes", maxLineBytes)}
		}
		if strings.TrimSpace(line) != "" {
			return line, nil
		}
	}
}

// skip reads up to the end of a line, or of the file.
func (l *lineReader) skip() error {
	for {
		_, more, err := l.buf.ReadLine()
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		if !more {
			return nil
		}
	}
}
