package taskqueue

import (
	"context"

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

// TaskID returns the id of the task that an action runs for; "" outside of a task.
func TaskID(ctx context.Context) task.ID { return activities.TaskID(ctx) }
