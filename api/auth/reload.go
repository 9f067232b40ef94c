package auth

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
)

// reloaded is what a file holds, read again when the file has been changed or replaced. It is safe for concurrent use.
type reloaded[T any] struct {
	path  string
	parse func(content []byte, info os.FileInfo) (T, error)

	mu    sync.Mutex
	info  os.FileInfo // of the file when it was read
	value T
}

// get returns what the file holds now. A file that cannot be read is an error, also if it could be before: what it said then
// may not be true any more.
func (r *reloaded[T]) get() (value T, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now, err := os.Stat(r.path)
	if err != nil {
		r.info = nil
		return value, err
	}
	if r.info != nil && os.SameFile(now, r.info) && now.ModTime().Equal(r.info.ModTime()) && now.Size() == r.info.Size() {
		return r.value, nil
	}
	r.info = nil
	content, info, err := readWithInfo(r.path)
	if err != nil {
		return value, err
	}
	if value, err = r.parse(content, info); err != nil {
		return value, fmt.Errorf("%s: %w", r.path, err)
	}
	r.value, r.info = value, info
	return value, nil
}

// maxFile bounds what is read of a file that somebody named by mistake.
const maxFile = 16 << 20

func readWithInfo(path string) (content []byte, info os.FileInfo, err error) {
	file, err := os.Open(path) //nolint:gosec // the file that the configuration names
	if err != nil {
		return nil, nil, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if info, err = file.Stat(); err != nil {
		return nil, nil, err
	}
	if content, err = io.ReadAll(io.LimitReader(file, maxFile+1)); err != nil {
		return nil, nil, err
	}
	if len(content) > maxFile {
		return nil, nil, fmt.Errorf("%s has more than %d bytes", path, maxFile)
	}
	return content, info, nil
}
