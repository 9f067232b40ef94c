// Package taskfile sends the files that tasks have left.
package taskfile

import (
	"errors"
	"fmt"
	"mime"
	"net/http"
	"path"

	"gocloud.dev/blob"

	"github.com/distributed-task-queue/taskqueue/internal/filestore"
	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/tasklog"
)

// NotCompletedError says that the task can have no file: it has not completed.
type NotCompletedError struct{ ID task.ID }

func (e *NotCompletedError) Error() string {
	return fmt.Sprintf("Task %q is not downloadable.", string(e.ID))
}

// MissingError says that the task has left no file, or that the file is gone.
type MissingError struct{ reason string }

func (e *MissingError) Error() string { return e.reason }

// Send answers a request with the file of a task, or a part of it. The bucket is nil if there are no files. Nothing has been written when
// it returns an error, unless that comes from reading the file.
func Send(w http.ResponseWriter, r *http.Request, files *blob.Bucket, e tasklog.Entity) (err error) {
	if e.Status != task.Completed {
		return &NotCompletedError{ID: e.ID}
	}
	name := e.FileName()
	if name == "" {
		return &MissingError{"Filename not found in report."}
	}
	if files == nil {
		return &MissingError{"File not found."}
	}
	stored, err := files.Attributes(r.Context(), name)
	if filestore.Missing(name, err) {
		return &MissingError{"File not found."}
	}
	if err != nil {
		return fmt.Errorf("look for file %q of task %q: %w", name, e.ID, err)
	}
	file, err := files.NewReader(r.Context(), name, nil)
	if filestore.Missing(name, err) {
		return &MissingError{"File not found."}
	}
	if err != nil {
		return fmt.Errorf("open file %q of task %q: %w", name, e.ID, err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if stored.ETag != "" {
		w.Header().Set("ETag", stored.ETag)
	}
	w.Header().Set("Content-Type", file.ContentType())
	// The name is the task's own choice, so browsers are told to save the file and never to show it.
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": path.Base(name)}))
	// It answers to ranges, to conditions and to HEAD.
	http.ServeContent(w, r, "", file.ModTime(), file)
	return nil
}
