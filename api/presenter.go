package api

import (
	"gocloud.dev/blob"

	"github.com/distributed-task-queue/taskqueue/tasklog"
)

// Presenter returns what presents tasks as the API shows them. The bucket is nil if nothing is known of files.
func Presenter(files *blob.Bucket) tasklog.Presenter {
	if files == nil { // a nil *blob.Bucket is not a nil FileChecker
		return tasklog.Detailed(nil)
	}
	return tasklog.Detailed(files)
}
