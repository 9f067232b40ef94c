package activities

import (
	"context"
	"sync"

	"go.temporal.io/sdk/activity"

	"github.com/distributed-task-queue/taskqueue/task"
)

// Execution is one run of a task's action, as its context knows it. It is safe for concurrent use.
type Execution struct {
	// TaskID is the task's id.
	TaskID task.ID
	// OnProgress gets all that the action tells of its progress. It is set before the action starts. Optional.
	OnProgress func(task.Progress)

	mu       sync.Mutex
	children int
	owner    *string // nil: not asked for yet
}

type executionKey struct{}

// WithExecution returns the context in which an action runs.
func WithExecution(ctx context.Context, e *Execution) context.Context {
	return context.WithValue(ctx, executionKey{}, e)
}

// ExecutionOf returns the run that the context belongs to; false outside of an action.
func ExecutionOf(ctx context.Context) (*Execution, bool) {
	e, ok := ctx.Value(executionKey{}).(*Execution)
	return e, ok
}

// TaskID returns the id of the task that an action runs for; "" outside of a task.
func TaskID(ctx context.Context) task.ID {
	if e, ok := ExecutionOf(ctx); ok {
		return e.TaskID
	}
	return ""
}

// Progress tells how far the action has come: a percentage from 0 to 100 and a message. It costs little, and
// may be called often: at most once a second reaches the server. Outside of a task it does nothing.
func Progress(ctx context.Context, percent float64, message string) {
	e, ok := ExecutionOf(ctx)
	if !ok {
		return
	}
	p := task.Progress{Percent: min(max(percent, 0), 100), Message: task.Truncate(message, maxProgressMessage)}
	if e.OnProgress != nil {
		e.OnProgress(p)
	}
	if activity.IsActivity(ctx) {
		activity.RecordHeartbeat(ctx, p)
	}
}

// maxProgressMessage is how many bytes of a message are kept: it is sent again and again.
const maxProgressMessage = 1 << 10

// AddChild notes that the action has enqueued a child task.
func (e *Execution) AddChild() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.children++
}

// Children returns how many child tasks the action has enqueued.
func (e *Execution) Children() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.children
}

// Owner returns the owner of the task, which lookup is asked for until it knows.
func (e *Execution) Owner(lookup func() (string, error)) (string, error) {
	e.mu.Lock()
	known := e.owner
	e.mu.Unlock()
	if known != nil {
		return *known, nil
	}
	owner, err := lookup()
	if err != nil {
		return "", err
	}
	e.mu.Lock()
	e.owner = &owner
	e.mu.Unlock()
	return owner, nil
}
