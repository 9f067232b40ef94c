package tasklog

import (
	"context"
	"errors"
	"fmt"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/serviceerror"
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
	// Observers are told of every task that this TaskLog archives or cancels. Default: nobody is.
	Observers []Observer
	// Files holds the files that tasks leave; the file of a task of the category export is deleted when the task is
	// archived. Default: nil, no file is deleted.
	Files FileDeleter
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
	within *Filter // of the tasks that are in this log; nil: all are
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
	if !listed || !l.holds(row) {
		return Entity{}, &NotFoundError{ID: id}
	}
	row.correctReport(described)
	entity := row.Entity.WithClock(l.config.Clock)
	t, err := l.enqueued(ctx, row)
	if err != nil {
		return Entity{}, getError(id, err)
	}
	entity.Parameters = string(t.Parameters)
	if !entity.Status.Closed() {
		l.addRun(&entity, t, described.GetPendingActivities())
	}
	return entity, nil
}

// Task returns the task as it was enqueued, with its parameters in full, whatever has become of it. The error is a *NotFoundError if
// there is no such task.
func (l *TaskLog) Task(ctx context.Context, id task.ID) (task.Task, error) {
	r, err := l.current(ctx, id, SuperUser)
	if err != nil {
		return task.Task{}, err
	}
	t, err := l.enqueued(ctx, r.row)
	if err != nil {
		return task.Task{}, getError(id, err)
	}
	t.Archived, t.Supersedes = false, "" // the input of an archive run is marked so
	return t, nil
}

// enqueued returns the task as it was enqueued; the index has only the beginning of its parameters.
func (l *TaskLog) enqueued(ctx context.Context, row Row) (t task.Task, err error) {
	if err := l.input(ctx, row, &t); err != nil {
		return task.Task{}, err
	}
	if len(t.Parameters) == 0 { // it was started by others, who gave none
		t.Parameters = task.EmptyParameters
	}
	return t, nil
}

// input reads the task that the workflow was started with, which its first event holds.
func (l *TaskLog) input(ctx context.Context, row Row, target any) error {
	history, err := l.config.Client.WorkflowService().GetWorkflowExecutionHistory(ctx, &workflowservice.GetWorkflowExecutionHistoryRequest{
		Namespace:       l.config.Namespace,
		Execution:       &commonpb.WorkflowExecution{WorkflowId: string(row.ID), RunId: row.RunID},
		MaximumPageSize: 1,
	})
	if err != nil {
		return err
	}
	events := history.GetHistory().GetEvents()
	if len(events) == 0 {
		return errors.New("its history has no events")
	}
	if err := l.config.DataConverter.FromPayloads(events[0].GetWorkflowExecutionStartedEventAttributes().GetInput(), target); err != nil {
		return fmt.Errorf("decode its input: %w", err)
	}
	return nil
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
	page, err := l.Page(ctx, f)
	return page.Tasks, err
}

// Page returns the tasks that satisfy the filter, with the cursor of the page that follows and, if the filter wants it, their
// total number.
func (l *TaskLog) Page(ctx context.Context, f *Filter) (Page, error) {
	page, err := l.config.Engine.Search(ctx, f)
	if err != nil {
		return Page{}, err
	}
	page.Tasks = page.Tasks.WithClock(l.config.Clock)
	return page, nil
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

// Group counts the tasks that satisfy the filter by the values of a column, and tells how long they took.
func (l *TaskLog) Group(ctx context.Context, f *Filter, g Grouping) (Groups, error) {
	g = g.WithDefaults()
	if err := g.Validate(); err != nil {
		return Groups{}, err
	}
	return l.config.Engine.Group(ctx, f, g)
}

// ExecutionTimes returns how long each task took that was enqueued from one moment to another, both included, and has completed
// since, archived or not: the time between its creation and its last update, in whole milliseconds.
func (l *TaskLog) ExecutionTimes(ctx context.Context, from, to time.Time) (map[task.ID]time.Duration, error) {
	f := NewFilter().In(Status, []task.Status{task.Completed, task.Archived}).Gte(CreatedAt, from).Lte(CreatedAt, to).Limit(DefaultBatchSize)
	for _, c := range []Column{Parameters, Label, Owner, Category, Queue} {
		f.keep(f.Deselect(c))
	}
	times := map[task.ID]time.Duration{}
	for {
		page, err := l.Page(ctx, f)
		if err != nil {
			return nil, err
		}
		for _, e := range page.Tasks {
			if !e.UpdatedAt.IsZero() {
				times[e.ID] = e.UpdatedAt.Sub(e.CreatedAt)
			}
		}
		if page.Next == "" {
			return times, nil
		}
		f.After(page.Next)
	}
}
