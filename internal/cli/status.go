package cli

import (
	"errors"
	"fmt"

	taskqueue "github.com/distributed-task-queue/taskqueue"
	"github.com/distributed-task-queue/taskqueue/dispatcher"
	"github.com/distributed-task-queue/taskqueue/schedule"
	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/tasklog"
	"github.com/distributed-task-queue/taskqueue/tasklog/elastic"
)

// The exit statuses.
const (
	StatusOK     = 0
	StatusFailed = 1 // it could not be done, or the task that was waited for has failed
	StatusUsage  = 2 // the command line asks for something that does not exist
)

// errTold ends the program with StatusFailed; the result that was printed says why.
var errTold = errors.New("the result says why")

// usageError is a command line that makes no sense.
type usageError struct{ reason string }

func (e *usageError) Error() string { return e.reason }

func usagef(format string, args ...any) error { return &usageError{fmt.Sprintf(format, args...)} }

// withoutIndex reports whether only the index of the task log is to blame.
func withoutIndex(err error) bool {
	var (
		away     *tasklog.UnavailableError
		missing  *elastic.MissingIndexError
		mapping  *elastic.MappingError
		unusable *elastic.UnusableError
	)
	return errors.As(err, &away) || errors.As(err, &missing) || errors.As(err, &mapping) || errors.As(err, &unusable)
}

// status returns the exit status for an error.
func (p *program) status(err error) int {
	if err == nil {
		return StatusOK
	}
	if !p.running { // cobra refused the command line
		return StatusUsage
	}
	var (
		usage   *usageError
		filter  *tasklog.FilterError
		invalid *task.InvalidError
		timing  *schedule.InvalidError
		queue   *dispatcher.UnknownQueueError
		action  *dispatcher.UnknownActionError
		noStore *taskqueue.NoStoreError
		same    *taskqueue.SamePlaceError
	)
	if errors.Is(err, tasklog.ErrSelection) || errors.As(err, &usage) || errors.As(err, &filter) || errors.As(err, &invalid) ||
		errors.As(err, &timing) || errors.As(err, &queue) || errors.As(err, &action) || errors.As(err, &noStore) ||
		errors.As(err, &same) {
		return StatusUsage
	}
	return StatusFailed
}
