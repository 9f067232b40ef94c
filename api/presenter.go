package api

import (
	"log/slog"

	"gocloud.dev/blob"

	"github.com/distributed-task-queue/taskqueue/internal/filestore"
	"github.com/distributed-task-queue/taskqueue/tasklog"
)

// Presenter returns what presents tasks as the API shows them. The bucket is nil if nothing is known of files. The logger gets what keeps it
// from knowing whether a task has one.
func Presenter(files *blob.Bucket, logger *slog.Logger) tasklog.Presenter {
	if files == nil {
		return tasklog.Detailed(nil)
	}
	return tasklog.Detailed(filestore.New(files, logger))
}
