package auth

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/gofrs/flock"
)

// KeyFile is the file of the API keys, for those who manage them.
type KeyFile struct{ Path string }

// UnknownKeyError says that a file has no key with this id.
type UnknownKeyError struct{ ID, Path string }

func (e *UnknownKeyError) Error() string {
	return fmt.Sprintf("%s has no key with the id %q; taskctl key list shows them", e.Path, e.ID)
}

// List returns the keys in the order in which they were made. A file that does not exist has none.
func (f KeyFile) List() ([]Key, error) {
	content, err := os.ReadFile(f.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return []Key{}, nil
	}
	if err != nil {
		return nil, err
	}
	keys, err := decodeKeys(content)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.Path, err)
	}
	return append([]Key{}, keys...), nil
}

// Add keeps a key. A file that does not exist is made.
func (f KeyFile) Add(ctx context.Context, k Key) error {
	return f.change(ctx, func(keys []Key) ([]Key, error) { return append(keys, k), nil })
}

// Revoke forgets a key. The error is an *UnknownKeyError if there is none with this id.
func (f KeyFile) Revoke(ctx context.Context, id string) (revoked Key, err error) {
	err = f.change(ctx, func(keys []Key) ([]Key, error) {
		i := slices.IndexFunc(keys, func(k Key) bool { return k.ID == id })
		if i < 0 {
			return nil, &UnknownKeyError{ID: id, Path: f.Path}
		}
		revoked = keys[i]
		return slices.Delete(keys, i, i+1), nil
	})
	return revoked, err
}

// change replaces the file by what change makes of its keys. Two programs that do so at the same time wait for each other.
func (f KeyFile) change(ctx context.Context, change func([]Key) ([]Key, error)) (err error) {
	lock := flock.New(f.Path+".lock", flock.SetPermissions(0o600))
	if _, err := lock.TryLockContext(ctx, 20*time.Millisecond); err != nil {
		return fmt.Errorf("lock %s: %w", f.Path, err)
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	keys, err := f.List()
	if err != nil {
		return err
	}
	if keys, err = change(keys); err != nil {
		return err
	}
	content, err := yaml.Marshal(keysDocument{keys})
	if err != nil {
		return fmt.Errorf("write %s: %w", f.Path, err)
	}
	return replace(f.Path, content)
}

// replace puts a new file in the place of another at once, so that readers see either. Nobody but its owner may read it.
func replace(path string, content []byte) (err error) {
	// A file that is reached by a link is replaced itself, not the link.
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	temporary, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*") // with the mode 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(temporary.Name()))
		}
	}()
	_, err = temporary.Write(content)
	if err == nil {
		err = temporary.Sync()
	}
	if err = errors.Join(err, temporary.Close()); err != nil {
		return err
	}
	return os.Rename(temporary.Name(), path)
}
