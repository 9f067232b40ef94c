// Package filestore asks the bucket in which tasks leave their files. The names are the tasks' own: some of them can be no file's, and what
// the bucket says to those is as good as that there is none.
package filestore

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"gocloud.dev/blob"
	"gocloud.dev/gcerrors"
	"golang.org/x/time/rate"
)

const (
	// patience is how long a list waits for what the bucket knows of one file.
	patience = 2 * time.Second
	// rest is how long a bucket that did not answer in time is not asked again.
	rest = 10 * time.Second
	// logInterval is how often at most it is logged that the bucket does not answer: a list has many files.
	logInterval = time.Minute
)

// errResting says that the bucket is not asked.
var errResting = errors.New("the storage of files did not answer in time a moment ago")

// Bucket knows which files there are, and deletes them. It is safe for concurrent use.
type Bucket struct {
	bucket  *blob.Bucket
	logger  *slog.Logger
	log     rate.Sometimes
	resting atomic.Pointer[time.Time] // until when; nil: it has always answered
}

// New returns a Bucket. The logger gets what keeps it from knowing, once a minute at most.
func New(bucket *blob.Bucket, logger *slog.Logger) *Bucket {
	return &Bucket{bucket: bucket, logger: logger, log: rate.Sometimes{Interval: logInterval}}
}

// Exists reports whether there is a file of this name. It does not wait long: whoever asks has a list to show.
func (b *Bucket) Exists(ctx context.Context, name string) (bool, error) {
	if until := b.resting.Load(); until != nil && time.Now().Before(*until) {
		return false, errResting
	}
	patient, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	exists, err := b.bucket.Exists(patient, name)
	if err == nil || Missing(name, err) {
		return exists, nil
	}
	err = fmt.Errorf("look for file %q: %w", name, err)
	if ctx.Err() != nil { // who asked is gone; the bucket may be well
		return false, err
	}
	if patient.Err() != nil {
		b.resting.Store(new(time.Now().Add(rest)))
	}
	b.log.Do(func() { b.logger.WarnContext(ctx, "nobody can tell whether tasks have files", "error", err) })
	return false, err
}

// Delete deletes a file; that there is none of this name is no error.
func (b *Bucket) Delete(ctx context.Context, name string) error {
	if err := b.bucket.Delete(ctx, name); err != nil && !Missing(name, err) {
		return err
	}
	return nil
}

// Missing reports whether the error, which a bucket has returned for this name, means that there is no such file.
func Missing(name string, err error) bool {
	if err == nil {
		return false
	}
	switch gcerrors.Code(err) {
	case gcerrors.NotFound, gcerrors.InvalidArgument:
		return true
	default:
	}
	// A bucket in a folder says these: for a name that is too long, that leads through a file, or that is a folder's.
	for _, impossible := range []error{syscall.ENAMETOOLONG, syscall.ENOTDIR, syscall.ENOTEMPTY} {
		if errors.Is(err, impossible) {
			return true
		}
	}
	return reserved(name)
}

// reserved reports whether a folder can have no file of this name: it is the folder itself, leads out of it, or is where the bucket keeps what
// it knows of another file.
func reserved(name string) bool {
	inside := path.Join(".", name)
	return inside == "." || !filepath.IsLocal(inside) || strings.HasSuffix(name, ".attrs")
}
