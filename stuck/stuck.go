// Package stuck finds tasks that wait although nobody will take them, and enqueues them anew.
//
// Temporal loses no task, and gives one whose worker was lost back by itself, so a task is stuck only where no worker is there for it:
// none serves its queue, or none of those that do knows its action. Tasks that wait behind others, for their time to come or in a
// paused queue are not stuck.
package stuck

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"github.com/distributed-task-queue/taskqueue"
	"github.com/distributed-task-queue/taskqueue/queueadmin"
	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/tasklog"
)

// MinAge is how long a task must have waited at least. Workers may just be restarted.
const MinAge = 3 * time.Minute

// Cause is why nobody takes a task.
type Cause string

// The causes.
const (
	// NoWorker says that no worker has served the queue in the last five minutes.
	NoWorker Cause = "no worker serves the queue"
	// NoTaker says that a worker serves the queue, but none has asked for its actions in the last five minutes: those that did are gone,
	// paused, or full.
	NoTaker Cause = "no worker asks for the queue's actions"
	// UnknownAction says that a worker has handed the task back because it does not know the action.
	UnknownAction Cause = "no worker of the queue knows the action"
)

// Task is a task that is stuck.
type Task struct {
	tasklog.Entity

	Cause Cause
}

// Query says which tasks are looked at.
type Query struct {
	// Actions are the actions whose tasks may be stuck, without spaces around them. At least one is required, as others may be meant to wait.
	Actions []string
	// Queue is the one queue that is looked at. Default: all.
	Queue string
	// Age is how long a task must have waited. Default: MinAge, which is also the least.
	Age time.Duration
}

// WithDefaults returns the query with defaults in place of what is not set.
func (q Query) WithDefaults() Query {
	var actions []string
	for _, name := range q.Actions {
		if name = strings.TrimSpace(name); name != "" {
			actions = append(actions, name)
		}
	}
	q.Actions = actions
	if q.Age == 0 {
		q.Age = MinAge
	}
	return q
}

// Validate returns an error that says which field is wrong.
func (q Query) Validate() error {
	if len(q.Actions) == 0 {
		return errors.New("action is missing; name the actions whose tasks may be stuck")
	}
	if q.Age < MinAge {
		return fmt.Errorf("age is %s; it must be %s or more", q.Age, MinAge)
	}
	return nil
}

// Config is what a Finder needs.
type Config struct {
	// Client has the tasks. Required.
	Client *taskqueue.Client
	// Temporal is the connection of that client, to Namespace. Required.
	Temporal  client.Client
	Namespace string
	// Clock is what ages are measured against. Default: time.Now.
	Clock func() time.Time
}

// Finder finds stuck tasks. It is safe for concurrent use.
type Finder struct{ config Config }

// New returns a Finder.
func New(config Config) *Finder {
	if config.Clock == nil {
		config.Clock = time.Now
	}
	return &Finder{config: config}
}

// Find returns the stuck tasks, the oldest first. It ends with the first error.
func (f *Finder) Find(ctx context.Context, q Query) iter.Seq2[Task, error] {
	return func(yield func(Task, error) bool) {
		q := q.WithDefaults()
		if err := q.Validate(); err != nil {
			yield(Task{}, err)
			return
		}
		before := f.config.Clock().Add(-q.Age)
		filter := tasklog.NewFilter().In(tasklog.TaskName, q.Actions).Eq(tasklog.Status, task.Enqueued).
			Lte(tasklog.CreatedAt, before).Lte(tasklog.UpdatedAt, before).
			SortBy(tasklog.CreatedAt).SortOrder(tasklog.Ascending).Limit(tasklog.DefaultBatchSize)
		if q.Queue != "" {
			filter.Eq(tasklog.Queue, q.Queue)
		}
		queues := map[string]queue{}
		for {
			page, err := f.config.Client.TaskLog().Page(ctx, filter)
			if err != nil {
				yield(Task{}, fmt.Errorf("find stuck tasks: %w", err))
				return
			}
			for _, e := range page.Tasks {
				cause, err := f.causeOf(ctx, e, queues)
				if err != nil {
					yield(Task{}, fmt.Errorf("task %q: %w", e.ID, err))
					return
				}
				if cause != "" && !yield(Task{Entity: e, Cause: cause}, nil) {
					return
				}
			}
			if page.Next == "" {
				return
			}
			filter.After(page.Next)
		}
	}
}

// Restart withdraws a stuck task and enqueues it anew, with the owner that it has, in the queue that the routing now gives it. The task has
// not run, and will not: the error is a *tasklog.NotEligibleError if it has been started meanwhile.
func (f *Finder) Restart(ctx context.Context, t Task) (*task.Task, error) {
	changed, err := f.config.Client.TaskLog().Cancel(ctx, t.ID, tasklog.ControlOptions{})
	if err != nil {
		return nil, fmt.Errorf("restart: %w", err)
	}
	if !changed {
		return nil, fmt.Errorf("restart: task %q has been cancelled meanwhile", t.ID)
	}
	again, err := f.config.Client.Rerun(ctx, t.ID, &taskqueue.Options{Owner: t.Owner})
	if err != nil {
		return nil, fmt.Errorf("restart: task %q is cancelled, but not enqueued again, which a rerun would do: %w", t.ID, err)
	}
	return again, nil
}

// queue is what is known of a queue's workers.
type queue struct {
	paused          bool
	served, pollers bool // some worker runs its workflows, and asks for its actions
}

func (f *Finder) queue(ctx context.Context, name string, known map[string]queue) (queue, error) {
	if q, ok := known[name]; ok {
		return q, nil
	}
	var q queue
	var err error
	if q.paused, err = queueadmin.Paused(ctx, f.config.Temporal, f.config.Namespace, name); err != nil {
		return queue{}, err
	}
	if q.served, err = f.polled(ctx, name, enumspb.TASK_QUEUE_TYPE_WORKFLOW); err != nil {
		return queue{}, err
	}
	if q.pollers, err = f.polled(ctx, name, enumspb.TASK_QUEUE_TYPE_ACTIVITY); err != nil {
		return queue{}, err
	}
	known[name] = q
	return q, nil
}

// polled reports whether a worker has polled in the last five minutes, which the server remembers.
func (f *Finder) polled(ctx context.Context, name string, kind enumspb.TaskQueueType) (bool, error) {
	described, err := f.config.Temporal.DescribeTaskQueue(ctx, name, kind)
	if err != nil {
		return false, fmt.Errorf("describe queue %q: %w", name, err)
	}
	return len(described.GetPollers()) > 0, nil
}
