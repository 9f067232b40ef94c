package taskqueue_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	taskqueue "github.com/distributed-task-queue/taskqueue"
	"github.com/distributed-task-queue/taskqueue/broker"
	"github.com/distributed-task-queue/taskqueue/broker/temporal"
	"github.com/distributed-task-queue/taskqueue/internal/temporaltest"
	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/tasklog"
	"github.com/distributed-task-queue/taskqueue/workflows"
)

// family is a task that enqueues children of its own.
type family struct {
	taskqueue.Options `json:"-"`
	Children          []string `json:"children"` // actions
}

func (family) Action() string { return "family" }

// withFamily registers the actions of the tests of children; quit ends the action "wait".
func withFamily(t *testing.T, b **bundle, quit <-chan struct{}) func(*taskqueue.Config) {
	t.Helper()
	return func(c *taskqueue.Config) {
		register := func(name string, run func(context.Context) (task.Report, error)) {
			require.NoError(t, c.Actions.Add(taskqueue.Action{Name: name, Run: ignoringParameters(run)}))
		}
		register("fine", func(context.Context) (task.Report, error) { return task.Success("fine"), nil })
		register("broken", func(context.Context) (task.Report, error) { return task.Report{}, errors.New("broken") })
		register("wait", func(ctx context.Context) (task.Report, error) {
			select {
			case <-quit:
			case <-ctx.Done():
			}
			return task.Success("waited"), nil
		})
		require.NoError(t, taskqueue.Register(c.Actions, func(ctx context.Context, f family) (task.Report, error) {
			for _, action := range f.Children {
				_, err := (*b).client.CreateTask(ctx, action, nil, "child", &taskqueue.Options{ParentID: taskqueue.TaskID(ctx)})
				if err != nil {
					return task.Report{}, err
				}
			}
			return task.Success("enqueued %d", len(f.Children)), nil
		}))
	}
}

func (b *bundle) awaitStatus(t *testing.T, id task.ID, want task.Status) tasklog.Entity {
	t.Helper()
	var last tasklog.Entity
	require.Eventually(t, func() bool {
		e, err := b.client.TaskLog().Get(t.Context(), id)
		require.NoError(t, err)
		last = e
		return e.Status == want
	}, patience, 50*time.Millisecond, "status %s of task %s", want, id)
	return last
}

func TestAParentEndsWithItsChildren(t *testing.T) {
	for name, c := range map[string]struct {
		children []string
		master   bool
		want     task.Status
	}{
		"all complete":         {children: []string{"fine", "fine", "fine"}, want: task.Completed},
		"one fails":            {children: []string{"fine", "broken", "fine"}, want: task.Failed},
		"none":                 {want: task.Completed},
		"a master's are apart": {children: []string{"broken"}, master: true, want: task.Completed},
	} {
		t.Run(name, func(t *testing.T) {
			var b *bundle
			b = setup(t, withFamily(t, &b, nil))
			b.work(t)
			parent, err := b.client.Enqueue(t.Context(), family{Children: c.children, Options: taskqueue.Options{Owner: "ada", Master: c.master}}, "parent")
			require.NoError(t, err)
			e := b.awaitStatus(t, parent.ID, c.want)
			require.Equal(t, "Running task "+string(parent.ID), e.Report.Message, "the report stays that of the action")
			var children tasklog.Collection
			require.Eventually(t, func() bool {
				children, err = b.client.TaskLog().Search(t.Context(), tasklog.NewFilter().Eq(tasklog.ParentID, string(parent.ID)))
				require.NoError(t, err)
				return len(children) == len(c.children)
			}, patience, 50*time.Millisecond)
			for _, child := range children {
				require.Equal(t, "ada", child.Owner, "a child has its parent's owner")
			}
			tree, err := b.client.TaskLog().Tree(t.Context(), parent.ID)
			require.NoError(t, err)
			require.Equal(t, parent.ID, tree.Entity.ID)
			require.Len(t, tree.Children, len(c.children))
		})
	}
}

func TestAParentWaitsWhateverBecomesOfItsChildren(t *testing.T) {
	var b *bundle
	quit := make(chan struct{})
	b = setup(t, withFamily(t, &b, quit))
	b.work(t)
	parent, err := b.client.Enqueue(t.Context(), family{Children: []string{"fine", "wait"}}, "parent")
	require.NoError(t, err)
	b.awaitStatus(t, parent.ID, task.ChildRunning)
	var waiting tasklog.Collection
	require.Eventually(t, func() bool {
		waiting, err = b.client.TaskLog().Search(t.Context(),
			tasklog.NewFilter().Eq(tasklog.ParentID, string(parent.ID)).Eq(tasklog.TaskName, "wait"))
		require.NoError(t, err)
		return len(waiting) == 1
	}, patience, 50*time.Millisecond)

	// A child that somebody else enqueues counts as well.
	_, err = b.client.CreateTask(t.Context(), "broken", nil, "late child", &taskqueue.Options{ParentID: parent.ID})
	require.NoError(t, err)
	// A terminated child tells nobody that it has ended.
	require.NoError(t, temporaltest.Dial(t).TerminateWorkflow(t.Context(), string(waiting[0].ID), "", "test"))
	close(quit)
	b.awaitStatus(t, parent.ID, task.Failed)
}

// silent is a broker whose first answer is lost.
type silent struct {
	broker.Broker
	once sync.Once
}

func (s *silent) Enqueue(ctx context.Context, t *task.Task) error {
	err := s.Broker.Enqueue(ctx, t)
	s.once.Do(func() { err = errors.Join(err, context.DeadlineExceeded) })
	return err
}

func TestAParentWaitsForAChildWhoseEnqueuerGotNoAnswer(t *testing.T) {
	var b *bundle
	quit := make(chan struct{})
	b = setup(t, func(c *taskqueue.Config) {
		withFamily(t, &b, quit)(c)
		c.Queues[1].Broker = &silent{Broker: temporal.New(c.Temporal)}
	})
	b.work(t)
	parent, err := b.client.CreateTask(t.Context(), "wait", nil, "parent", nil)
	require.NoError(t, err)
	child := &taskqueue.Options{ParentID: parent.ID, ID: task.NewID(), Queue: b.prefix + "-urgent"}
	_, err = b.client.CreateTask(t.Context(), "broken", nil, "child", child)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	_, err = b.client.CreateTask(t.Context(), "broken", nil, "the same, asked for again", child)
	var duplicate *task.DuplicateError
	require.ErrorAs(t, err, &duplicate)
	close(quit)
	b.awaitStatus(t, parent.ID, task.Failed)
}

func TestAParentDoesNotWaitForAChildThatWasRefused(t *testing.T) {
	var b *bundle
	quit := make(chan struct{})
	b = setup(t, withFamily(t, &b, quit))
	b.work(t)
	parent, err := b.client.CreateTask(t.Context(), "wait", nil, "parent", nil)
	require.NoError(t, err)
	_, err = b.client.CreateTask(t.Context(), "fine", strings.Repeat("x", temporal.MaxTaskSize), "", &taskqueue.Options{ParentID: parent.ID})
	var large *task.TooLargeError
	require.ErrorAs(t, err, &large)
	_, err = b.client.CreateTask(t.Context(), "fine", nil, "", &taskqueue.Options{ParentID: parent.ID, Priority: 9})
	var invalid *task.InvalidError
	require.ErrorAs(t, err, &invalid)
	close(quit)
	b.awaitStatus(t, parent.ID, task.Completed)

	told := 0
	history := temporaltest.Dial(t).GetWorkflowHistory(t.Context(), string(parent.ID), "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for history.HasNext() {
		event, err := history.Next()
		require.NoError(t, err)
		if event.GetWorkflowExecutionSignaledEventAttributes().GetSignalName() == workflows.SignalChildren {
			told++
		}
	}
	require.Equal(t, 2, told, "of the large child, and that there is none; of the invalid one nothing")
}

func TestAChildMayOutliveItsParentInTheLog(t *testing.T) {
	b := setup(t, nil)
	child, err := b.client.CreateTask(t.Context(), "mail.send", nil, "child", &taskqueue.Options{ParentID: "gone with the retention"})
	require.NoError(t, err)
	require.EqualValues(t, "gone with the retention", child.ParentID)
}

func TestATaskStartedByOthersIsATaskLikeAnyOther(t *testing.T) {
	b := setup(t, nil)
	b.work(t)
	run, err := temporaltest.Dial(t).ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{TaskQueue: b.prefix + "-bulk"}, "Task",
		map[string]any{"action": "mail.send", "parameters": map[string]any{"to": "ada"}, "owner": b.prefix, "label": "by hand"})
	require.NoError(t, err)
	e := b.awaitStatus(t, task.ID(run.GetID()), task.Completed)
	require.Equal(t, "by hand", e.Label)
	require.Equal(t, b.prefix+"-bulk", e.Queue)
	require.WithinDuration(t, time.Now(), e.CreatedAt, time.Minute)
	require.Eventually(t, func() bool {
		n, err := b.client.TaskLog().Count(t.Context(), tasklog.NewFilter().Eq(tasklog.Owner, b.prefix))
		require.NoError(t, err)
		return n == 1
	}, patience, 50*time.Millisecond)
}

func ignoringParameters(run func(context.Context) (task.Report, error)) func(context.Context, json.RawMessage) (task.Report, error) {
	return func(ctx context.Context, _ json.RawMessage) (task.Report, error) { return run(ctx) }
}
