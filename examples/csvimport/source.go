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

// open returns the CSV that the task asks for, and its name for people.
func (i *Importer) open(args Args) (io.ReadCloser, string, error) {
	if err := args.validate(); err != nil {
		return nil, "", err
	}
	if args.Sample {
		return io.NopCloser(strings.NewReader(sampleCSV)), "the sample", nil
	}
	if i.importDir == nil {
		return nil, "", invalid("name the file %q, but this worker has no import directory; only the sample can be imported", args.File)
	}
	if !filepath.IsLocal(args.File) {
		return nil, "", invalid("name the file %q; valid is a path below the import directory", args.File)
	}
	// importDir lets no path out, neither by ".." nor by a symbolic link. Anything but a file is refused
	// before it is opened: opening a named pipe waits for its writer.
	info, err := i.importDir.Stat(args.File)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, "", invalid("name the file %q, which does not exist in the import directory", args.File)
	}
	if err != nil {
		return nil, "", fmt.Errorf("file to import: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, "", invalid("name %q, which is no regular file", args.File)
	}
	f, err := i.importDir.Open(args.File)
	if err != nil {
		return nil, "", fmt.Errorf("file to import: %w", err)
	}
	return f, args.File, nil
}
