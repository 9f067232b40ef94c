package csvimport

import (
	_ "embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"strings"
)

//go:embed sample.csv
var sampleCSV string

// source is the CSV that a task asks for.
type source struct {
	io.ReadCloser

	name string // for people
	size int64  // bytes
	read int64
}

// Read counts what was read.
func (s *source) Read(p []byte) (int, error) {
	n, err := s.ReadCloser.Read(p)
	s.read += int64(n)
	return n, err //nolint:wrapcheck // a reader's error as it is, io.EOF above all
}

// percent returns how much has been read.
func (s *source) percent() float64 { return 100 * float64(s.read) / float64(max(s.size, 1)) }

// open opens the CSV that the task asks for.
func (i *Importer) open(args Args) (*source, error) {
	if err := args.validate(); err != nil {
		return nil, err
	}
	if args.Sample {
		return &source{ReadCloser: io.NopCloser(strings.NewReader(sampleCSV)), name: "the sample", size: int64(len(sampleCSV))}, nil
	}
	if i.importDir == nil {
		return nil, invalid("name the file %q, but this worker has no import directory; only the sample can be imported", args.File)
	}
	if !filepath.IsLocal(args.File) {
		return nil, invalid("name the file %q; valid is a path below the import directory", args.File)
	}
	// importDir lets no path out, neither by ".." nor by a symbolic link. Anything but a file is refused
	// before it is opened: opening a named pipe waits for its writer.
	info, err := i.importDir.Stat(args.File)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, invalid("name the file %q, which does not exist in the import directory", args.File)
	}
	if err != nil {
		return nil, fmt.Errorf("file to import: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, invalid("name %q, which is no regular file", args.File)
	}
	f, err := i.importDir.Open(args.File)
	if err != nil {
		return nil, fmt.Errorf("file to import: %w", err)
	}
	return &source{ReadCloser: f, name: args.File, size: info.Size()}, nil
}
