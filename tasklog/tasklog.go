package tasklog

import (
	"context"
	"errors"
	"fmt"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"

	"github.com/distributed-task-queue/taskqueue/task"
)

// DefaultLimit is how many tasks FindAvailableByUser returns when it is not told.
const DefaultLimit = 20

// Config is what a TaskLog needs.
type Config struct {
	// Client is connected to the namespace that the tasks are in. Required.
	Client client.Client
	// Namespace is the name of that namespace. Default "default".
	Namespace string
	// Engine answers everything but questions about one id. Required.
	Engine Engine
	// IgnoredTasks are the actions that FindAvailableByUser leaves out. They are in the log all the same.
	IgnoredTasks []string
	// DataConverter must be the one that tasks are enqueued and run with. Default Temporal's own.
	DataConverter converter.DataConverter
	// Clock is what elapsed times are measured against. Default time.Now.
	Clock func() time.Time
}

// WithDefaults returns the configuration with defaults in place of what is not set.
func (c Config) WithDefaults() Config {
	if c.Namespace == "" {
		c.Namespace = client.DefaultNamespace
	}
	if c.DataConverter == nil {
		c.DataConverter = converter.GetDefaultDataConverter()
	}
	if c.Clock == nil {
		c.Clock = time.Now
	}
	return c
}

func (c Config) validate() error {
	switch {
	case c.Client == nil:
		return errors.New("task log: Client needs to be set")
	case c.Engine == nil:
		return errors.New("task log: Engine needs to be set")
	}
	return nil
}

// TaskLog is the log of all tasks. It is safe for concurrent use.
type TaskLog struct {
	config Config
}

// New returns the task log with this configuration.
func New(config Config) (*TaskLog, error) {
	if err := config.validate(); err != nil {
		return nil, err
	}
	return &TaskLog{config: config.WithDefaults()}, nil
}

// Get returns the task with this id, with its parameters in full. It asks Temporal itself and not the
// index, so it is always current. The error is a *NotFoundError if there is no such task.
func (l *TaskLog) Get(ctx context.Context, id task.ID) (Entity, error) {
	if id.Validate() != nil {
		return Entity{}, &NotFoundError{ID: id}
	}
	described, err := l.config.Client.DescribeWorkflowExecution(ctx, string(id), "")
	if err != nil {
		return Entity{}, getError(id, err)
	}
	info := described.GetWorkflowExecutionInfo()
	row, listed, err := FromExecution(info, l.config.DataConverter)
	if err != nil {
		return Entity{}, err
	}
	if !listed {
		return Entity{}, &NotFoundError{ID: id}
	}
	entity := row.Entity.WithClock(l.config.Clock)
	if started := startOf(described.GetPendingActivities()); entity.Status == task.Enqueued && !started.IsZero() {
		// The attribute is not written when an action starts: that would cost every short task a
		// write. That it has started is known from its activity.
		entity.Status, entity.UpdatedAt = task.Running, started
	}
	parameters, err := l.parameters(ctx, row)
	if err != nil {
		return Entity{}, getError(id, err)
	}
	entity.Parameters = parameters
	return entity, nil
}

// startOf returns when the action that is running was started, the zero time if none is.
func startOf(activities []*workflowpb.PendingActivityInfo) time.Time {
	for _, a := range activities {
		switch a.GetState() {
		case enumspb.PENDING_ACTIVITY_STATE_STARTED, enumspb.PENDING_ACTIVITY_STATE_CANCEL_REQUESTED,
			enumspb.PENDING_ACTIVITY_STATE_PAUSE_REQUESTED:
			return a.GetLastStartedTime().AsTime().Truncate(time.Millisecond)
		}
	}
	return time.Time{}
}

// parameters returns the parameters that the task was enqueued with; the index has only their beginning.
// They are in the workflow's input, which its first event holds.
func (l *TaskLog) parameters(ctx context.Context, row Row) (string, error) {
	history, err := l.config.Client.WorkflowService().GetWorkflowExecutionHistory(ctx, &workflowservice.GetWorkflowExecutionHistoryRequest{
		Namespace:       l.config.Namespace,
		Execution:       &commonpb.WorkflowExecution{WorkflowId: string(row.ID), RunId: row.RunID},
		MaximumPageSize: 1,
	})
	if err != nil {
		return "", err
	}
	events := history.GetHistory().GetEvents()
	if len(events) == 0 {
		return "", errors.New("its history has no events")
	}
	input := events[0].GetWorkflowExecutionStartedEventAttributes().GetInput()
	var t task.Task
	if err := l.config.DataConverter.FromPayloads(input, &t); err != nil {
		return "", fmt.Errorf("decode its input: %w", err)
	}
	return string(t.Parameters), nil
}

// getError makes a *NotFoundError of what Temporal says of an execution that does not exist.
func getError(id task.ID, err error) error {
	if _, ok := errors.AsType[*serviceerror.NotFound](err); ok {
		return &NotFoundError{ID: id}
	}
	return fmt.Errorf("get task %q: %w", id, err)
}

// GetByIDAndUser is Get for what the user may see: the user's own tasks that are not cancelled, nor
// archived unless archivedAllowed. SuperUser may see everybody's.
func (l *TaskLog) GetByIDAndUser(ctx context.Context, id task.ID, user string, archivedAllowed bool) (Entity, error) {
	e, err := l.Get(ctx, id)
	if err != nil {
		return Entity{}, err
	}
	allowed := NewFilter().AddAvailableFilters(user, archivedAllowed, false)
	if !allowed.Match(Row{Entity: e}) {
		return Entity{}, &NotFoundError{ID: id}
	}
	return e, nil
}

// Search returns the tasks that satisfy the filter.
func (l *TaskLog) Search(ctx context.Context, f *Filter) (Collection, error) {
	found, err := l.config.Engine.Search(ctx, f)
	if err != nil {
		return nil, err
	}
	return found.WithClock(l.config.Clock), nil
}

// Count returns how many tasks satisfy the filter, whatever its limit and offset.
func (l *TaskLog) Count(ctx context.Context, f *Filter) (int64, error) {
	return l.config.Engine.Count(ctx, f)
}

// Available returns a filter for the tasks that lists show to the user: the user's own, not ignored, and neither archived nor
// cancelled unless that is allowed.
func (l *TaskLog) Available(user string, archivedAllowed, cancelledAllowed bool) *Filter {
	return NewFilter().WithIgnoredTasks(l.config.IgnoredTasks...).AddAvailableFilters(user, archivedAllowed, cancelledAllowed)
}

// FindAvailableByUser returns the user's tasks, newest first, without archived, cancelled and ignored
// ones. A nil limit is DefaultLimit, a nil offset 0.
func (l *TaskLog) FindAvailableByUser(ctx context.Context, user string, limit, offset *int) (Collection, error) {
	f := l.Available(user, false, false).Limit(DefaultLimit)
	if limit != nil {
		f.Limit(*limit)
	}
	if offset != nil {
		f.Offset(*offset)
	}
	return l.Search(ctx, f)
}

// Stats counts the tasks that the user may see; ignored ones are counted as well.
func (l *TaskLog) Stats(ctx context.Context, user string) (Stats, error) {
	return l.config.Engine.Stats(ctx, NewFilter().AddAvailableFilters(user, false, false))
}
