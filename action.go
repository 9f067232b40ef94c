package taskqueue

import (
	"context"
	"time"

	"github.com/distributed-task-queue/taskqueue/activities"
	"github.com/distributed-task-queue/taskqueue/task"
)

// Args are an action's parameters as a Go type. They may also implement QueueNamer and Categoriser, and
// embed Options.
type Args = activities.Args

// QueueNamer is implemented by Args that choose their queue at run time.
type QueueNamer = activities.QueueNamer

// Categoriser is implemented by Args that know their category.
type Categoriser = activities.Categoriser

// Registry holds the actions that a program knows.
type Registry = activities.Registry

// Action is an action of a Registry, for Registry.Add.
type Action = activities.Action

// NewRegistry returns an empty registry.
func NewRegistry() *Registry { return activities.NewRegistry() }

// Register adds the action of the typed parameters P.
func Register[P Args](r *Registry, run func(context.Context, P) (task.Report, error)) error {
	return activities.Register(r, run)
}

// PolicyHolder is implemented by Args whose action may be run more than once, or has a timeout.
type PolicyHolder = activities.PolicyHolder

// PermanentErrorsHolder is implemented by Args whose idempotent action must not be started again after some errors.
type PermanentErrorsHolder = activities.PermanentErrorsHolder

// RemoteTask is implemented by Args whose action starts work elsewhere, whose status is looked up there.
type RemoteTask = activities.RemoteTask

// TaskID returns the id of the task that an action runs for; "" outside of a task. As Options.ParentID it makes a task that
// the action enqueues a child of its own.
func TaskID(ctx context.Context) task.ID { return activities.TaskID(ctx) }

// Progress tells how far the action has come: a percentage from 0 to 100 and a message. It may be
// called often: at most once a second reaches the server. Outside of a task it does nothing.
func Progress(ctx context.Context, percent float64, message string) {
	activities.Progress(ctx, percent, message)
}

// Permanent marks an error that trying again would not cure, so that also an idempotent action fails with it at once.
func Permanent(err error) error { return activities.Permanent(err) }

// RetryAfter marks an error after which an idempotent action is to be started again when the delay is over.
func RetryAfter(err error, delay time.Duration) error { return activities.RetryAfter(err, delay) }
