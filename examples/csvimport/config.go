package csvimport

import (
	"errors"
	"fmt"

	"gocloud.dev/blob"
)

// Config says where an Importer reads and writes.
type Config struct {
	// Database is the path of the SQLite database. It and its table are made if they do not
	// exist. Required.
	Database string
	// Files takes the files that tasks leave for download. The importer does not close it. Required.
	Files *blob.Bucket
	// ImportDir is the directory below which tasks may name files to import. If it is empty only the
	// sample can be imported.
	ImportDir string
	// MaxWarnings is how many refused rows the report shows; the file for download has all. Default 20.
	MaxWarnings int
}

const defaultMaxWarnings = 20

// WithDefaults returns a copy in which every field left out has its default.
func (c Config) WithDefaults() Config {
	if c.MaxWarnings == 0 {
		c.MaxWarnings = defaultMaxWarnings
	}
	return c
}

func (c Config) validate() error {
	switch {
	case c.Database == "":
		return errors.New("csvimport: Config.Database is empty; give the path of an SQLite database")
	case c.Files == nil:
		return errors.New("csvimport: Config.Files is nil; give the bucket for files to download")
	case c.MaxWarnings < 0:
		return fmt.Errorf("csvimport: Config.MaxWarnings is %d; it must not be negative", c.MaxWarnings)
	}
	return nil
}
