package schedule

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"time"

	"go.temporal.io/sdk/client"

	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/workflows"
)

// Config is what Schedules need. Every field is required.
type Config struct {
	// Temporal is the connection to the server, and Namespace the namespace of that connection.
	Temporal  client.Client
	Namespace string
	// Prepare makes a whole task of what is to be scheduled, as if it were enqueued now: it routes and validates it.
	Prepare func(Task) (*task.Task, error)
}

func (c Config) validate() error {
	if c.Temporal == nil || c.Namespace == "" || c.Prepare == nil {
		return errors.New("schedule: Config needs Temporal, Namespace and Prepare")
	}
	return nil
}

// Schedules are the schedules of tasks in one namespace; those of other workflows are not among them. It is safe for concurrent use.
//
// An id without a schedule gives a *NotFoundError. What cannot be gives an *InvalidError, or the error that enqueuing the
// task would give.
type Schedules struct {
	config Config
}

// New returns the schedules. It makes no call to the server.
func New(config Config) (*Schedules, error) {
	if err := config.validate(); err != nil {
		return nil, err
	}
	return &Schedules{config: config}, nil
}

// Create makes a schedule. An id that is in use gives a *DuplicateError.
func (s *Schedules) Create(ctx context.Context, id string, d Definition) (Schedule, error) {
	if err := validateID(id); err != nil {
		return Schedule{}, err
	}
	d = d.withDefaults()
	t, err := s.check(d, nil)
	if err != nil {
		return Schedule{}, err
	}
	action, err := actionOf(id, t)
	if err != nil {
		return Schedule{}, err
	}
	_, err = s.config.Temporal.ScheduleClient().Create(ctx, client.ScheduleOptions{
		ID: id, Spec: *d.Spec.temporal(nil), Action: action,
		Overlap: d.Overlap.temporal(), CatchupWindow: time.Duration(d.CatchUp),
		Paused: d.Paused, Note: d.Note, TypedSearchAttributes: listed(t),
	})
	if err != nil {
		return Schedule{}, failure("create", id, d.Spec, err)
	}
	return s.Get(ctx, id)
}

// check validates the definition, and returns its task as it would be enqueued. The policy is that of the schedule as it is, which may be
// given back as it was read; nil if there is none.
func (s *Schedules) check(d Definition, policy *task.Policy) (*task.Task, error) {
	if err := d.validate(); err != nil {
		return nil, err
	}
	if d.Task.Policy != nil && !reflect.DeepEqual(d.Task.Policy, policy) {
		return nil, invalid("task.policy", "cannot be set by a schedule; leave it out: it is the action's own, or what the "+
			"configuration says of the action")
	}
	t, err := s.config.Prepare(d.Task)
	return t, taskError(err)
}

// Get returns the schedule with this id.
func (s *Schedules) Get(ctx context.Context, id string) (Schedule, error) {
	_, described, err := s.find(ctx, id)
	if err != nil {
		return Schedule{}, err
	}
	return scheduleOf(id, described)
}

// find returns the schedule with this id, if it is one of tasks.
func (s *Schedules) find(ctx context.Context, id string) (client.ScheduleHandle, *client.ScheduleDescription, error) {
	if validateID(id) != nil {
		return nil, nil, &NotFoundError{ID: id}
	}
	handle := s.config.Temporal.ScheduleClient().GetHandle(ctx, id)
	described, err := handle.Describe(ctx)
	if err != nil {
		return nil, nil, failure("get", id, Spec{}, err)
	}
	if action, ok := described.Schedule.Action.(*client.ScheduleWorkflowAction); !ok || action.Workflow != workflows.TypeTask {
		return nil, nil, &NotFoundError{ID: id}
	}
	return handle, described, nil
}

// List returns all schedules by their ids. A change shows after a second or two.
func (s *Schedules) List(ctx context.Context) ([]Summary, error) {
	entries, err := s.config.Temporal.ScheduleClient().List(ctx, client.ScheduleListOptions{})
	if err != nil {
		return nil, fmt.Errorf("list schedules: %w", err)
	}
	all := []Summary{}
	for entries.HasNext() {
		entry, err := entries.Next()
		if err != nil {
			return nil, fmt.Errorf("list schedules: %w", err)
		}
		if entry.WorkflowType.Name != workflows.TypeTask {
			continue
		}
		summary, err := summaryOf(entry)
		if err != nil {
			return nil, err
		}
		all = append(all, summary)
	}
	slices.SortFunc(all, func(a, b Summary) int { return cmp.Compare(a.ID, b.ID) })
	return all, nil
}

// Update changes the schedule; change gets the definition as it is, and may replace all of it. The task is routed anew if its queue is
// left empty. Tasks that have been enqueued stay as they are. Of two updates at the same time the later one wins.
func (s *Schedules) Update(ctx context.Context, id string, change func(*Definition) error) (Schedule, error) {
	handle, _, err := s.find(ctx, id)
	if err != nil {
		return Schedule{}, err
	}
	var d Definition
	err = handle.Update(ctx, client.ScheduleUpdateOptions{DoUpdate: func(now client.ScheduleUpdateInput) (*client.ScheduleUpdate, error) {
		current, err := scheduleOf(id, &now.Description)
		if err != nil {
			return nil, err
		}
		d = current.Definition
		before, err := scheduleOf(id, &now.Description) // as change may write through the pointers of the other
		if err != nil {
			return nil, err
		}
		if err := change(&d); err != nil {
			return nil, err
		}
		d = d.withDefaults()
		t, err := s.check(d, before.Task.Policy)
		if err != nil {
			return nil, err
		}
		return update(id, now.Description.Schedule, d, t)
	}})
	if err != nil {
		return Schedule{}, failure("update", id, d.Spec, err)
	}
	return s.Get(ctx, id)
}

// Pause keeps the schedule from running by itself. The note, which may be empty, says why.
func (s *Schedules) Pause(ctx context.Context, id, note string) (Schedule, error) {
	if err := validateNote(note); err != nil {
		return Schedule{}, err
	}
	return s.act(ctx, "pause", id, func(handle client.ScheduleHandle) error {
		return handle.Pause(ctx, client.SchedulePauseOptions{Note: cmp.Or(note, "Paused")})
	})
}

// Resume lets a paused schedule run by itself again. The times that have passed meanwhile are left out; see Backfill.
func (s *Schedules) Resume(ctx context.Context, id string) (Schedule, error) {
	return s.act(ctx, "resume", id, func(handle client.ScheduleHandle) error {
		return handle.Unpause(ctx, client.ScheduleUnpauseOptions{Note: "Resumed"})
	})
}

func (s *Schedules) act(ctx context.Context, doing, id string, do func(client.ScheduleHandle) error) (Schedule, error) {
	handle, _, err := s.find(ctx, id)
	if err != nil {
		return Schedule{}, err
	}
	if err := do(handle); err != nil {
		return Schedule{}, failure(doing, id, Spec{}, err)
	}
	return s.Get(ctx, id)
}

// Delete ends the schedule. Its tasks stay in the log, and those that run go on.
func (s *Schedules) Delete(ctx context.Context, id string) error {
	handle, _, err := s.find(ctx, id)
	if err != nil {
		return err
	}
	if err := handle.Delete(ctx); err != nil {
		return failure("delete", id, Spec{}, err)
	}
	return nil
}
