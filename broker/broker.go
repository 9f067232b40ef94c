// Package broker says what a broker is: the way in which tasks reach Temporal.
package broker

import (
	"context"

	"github.com/distributed-task-queue/taskqueue/task"
)

// Broker hands tasks over to be run. A queue has one broker; a broker may serve many queues.
type Broker interface {
	// Name is the broker's name in configuration: "temporal", "memory", "rds" or "sqs".
	Name() string
	// Initialize creates what the queue needs to be stored. It may be called again.
	Initialize(ctx context.Context, queue string) error
	// Enqueue puts the task, whose fields are complete and valid, on the queue t.Queue.
	// When it returns nil the task is kept safe and will be run. A *task.DuplicateError says that the
	// id is taken, a *task.TooLargeError that the task is too large.
	Enqueue(ctx context.Context, t *task.Task) error
	// Count returns about how many tasks wait in the queue.
	Count(ctx context.Context, queue string) (int64, error)
	// Sync reports whether Enqueue returns only when the task has been run.
	Sync() bool
}
