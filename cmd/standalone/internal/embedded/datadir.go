package embedded

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
)

const (
	lockName        = "lock"
	ephemeralPrefix = "taskqueue-ephemeral-"
)

// dataDir is the directory of one server's files, locked against other servers.
type dataDir struct {
	path      string
	ephemeral bool
	lock      *flock.Flock
}

// openDataDir creates and locks the directory. An empty path asks for an
// ephemeral one.
//
// An ephemeral server uses files too, in a memory file system if there is one,
// rather than SQLite's in-memory databases: those exist only inside one
// connection pool, while here the task log opens the visibility database beside
// the server, and both kinds of server run the same code.
func openDataDir(path string) (*dataDir, error) {
	d := &dataDir{path: path, ephemeral: path == ""}
	if d.ephemeral {
		base := memoryDir()
		removeAbandoned(base)
		created, err := os.MkdirTemp(base, ephemeralPrefix)
		if err != nil {
			return nil, fmt.Errorf("create a directory for ephemeral data: %w", err)
		}
		d.path = created
	} else if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, fmt.Errorf("create the data directory: %w", err)
	}
	// SQLite is given URIs, which have no relative form.
	absolute, err := filepath.Abs(d.path)
	if err != nil {
		return nil, fmt.Errorf("data directory %q: %w", d.path, err)
	}
	d.path = absolute

	d.lock = flock.New(filepath.Join(d.path, lockName))
	locked, err := d.lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("lock the data directory %q: %w", d.path, err)
	}
	if !locked {
		return nil, fmt.Errorf("data directory %q is in use by another running server", d.path)
	}
	return d, nil
}

func (d *dataDir) temporalPath() string   { return filepath.Join(d.path, "temporal.db") }
func (d *dataDir) visibilityPath() string { return filepath.Join(d.path, "visibility.db") }

// keepVisibility refuses a directory that was made with the other place for the
// visibility records: lists would lack every task that is older.
func (d *dataDir) keepVisibility(elsewhere bool) error {
	if exists, err := isFile(d.temporalPath()); err != nil || !exists {
		return err
	}
	inFile, err := isFile(d.visibilityPath())
	switch {
	case err != nil:
		return err
	case elsewhere && inFile:
		return fmt.Errorf("data directory %q keeps its visibility records in SQLite: start it without Elasticsearch, or use another directory", d.path)
	case !elsewhere && !inFile:
		return fmt.Errorf("data directory %q keeps its visibility records in Elasticsearch: name that server, or use another directory", d.path)
	default:
		return nil
	}
}

func isFile(path string) (bool, error) {
	_, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// close unlocks the directory and deletes it if it is ephemeral.
func (d *dataDir) close() error {
	var errs []error
	if d.ephemeral {
		errs = append(errs, os.RemoveAll(d.path))
	}
	// The lock file itself stays: deleting it would let two servers hold locks
	// on two files of the same name.
	errs = append(errs, d.lock.Close())
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("release the data directory %q: %w", d.path, err)
	}
	return nil
}

// removeAbandoned deletes the directories of ephemeral servers that were killed
// before they could do so themselves, lest they fill the memory. It is a
// courtesy: what cannot be deleted stays.
func removeAbandoned(base string) {
	// A directory this young may belong to a server that is about to lock it.
	const youngest = time.Minute

	directories, _ := filepath.Glob(filepath.Join(base, ephemeralPrefix+"*"))
	for _, directory := range directories {
		path := filepath.Join(directory, lockName)
		info, err := os.Stat(path)
		if err != nil || time.Since(info.ModTime()) < youngest {
			continue
		}
		lock := flock.New(path)
		if locked, err := lock.TryLock(); err == nil && locked {
			_ = os.RemoveAll(directory)
			_ = lock.Close()
		}
	}
}
