package taskqueue_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	taskqueue "github.com/distributed-task-queue/taskqueue"
	"github.com/distributed-task-queue/taskqueue/broker/temporal"
	"github.com/distributed-task-queue/taskqueue/dispatcher"
	"github.com/distributed-task-queue/taskqueue/internal/temporaltest"
	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/tasklog"
	"github.com/distributed-task-queue/taskqueue/worker"
)

func TestMain(m *testing.M) { temporaltest.Main(m) }

const patience = 2 * time.Minute

// mail is a typed task with everything that a typed task can have.
type mail struct {
	taskqueue.Options `json:"-"`
	To                string `json:"to"`
	Urgent            bool   `json:"urgent,omitempty"`
}

func (mail) Action() string          { return "mail.send" }
func (mail) Category() task.Category { return task.CategoryExport }

// urgentQueue is the queue that urgent mail chooses for itself; each test sets its own prefix in To.
func (m mail) QueueName() string {
	if m.Urgent {
		prefix, _, _ := strings.Cut(m.To, "@")
		return prefix + "-urgent"
	}
	return ""
}

type bundle struct {
	client *taskqueue.Client
	prefix string
}

// setup returns a client with the queues "bulk" and "urgent" of this test.
func setup(t *testing.T, change func(*taskqueue.Config)) *bundle {
	t.Helper()
	t.Parallel()
	b := &bundle{prefix: temporaltest.UniqueName(t)}
	actions := taskqueue.NewRegistry()
	require.NoError(t, taskqueue.Register(actions, func(_ context.Context, m mail) (task.Report, error) {
		return task.Success("sent to %s", m.To).WithData("receipt.txt"), nil
	}))
	config := taskqueue.Config{
		Temporal: temporaltest.Dial(t), Actions: actions, Logger: temporaltest.Logger(t),
		Queues: []taskqueue.Queue{{Name: b.prefix + "-bulk"}, {Name: b.prefix + "-urgent", Weight: 3}},
	}
	if change != nil {
		change(&config)
	}
	var err error
	b.client, err = taskqueue.New(config)
	require.NoError(t, err)
	require.NoError(t, b.client.Initialize(t.Context()))
	return b
}

func (b *bundle) work(t *testing.T) {
	t.Helper()
	w, err := b.client.NewWorker(worker.Config{Concurrency: 4})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx) }()
	t.Cleanup(func() { cancel(); require.NoError(t, <-ended) })
}

func (b *bundle) closed(t *testing.T, id task.ID) tasklog.Entity {
	t.Helper()
	var entity tasklog.Entity
	require.Eventually(t, func() bool {
		var err error
		entity, err = b.client.TaskLog().Get(t.Context(), id)
		require.NoError(t, err)
		return entity.Status.Closed()
	}, patience, 20*time.Millisecond)
	return entity
}

func TestATypedTaskRunsAndIsInTheLog(t *testing.T) {
	b := setup(t, nil)
	parent := task.NewID()
	args := mail{To: "ada@example.org"}
	args.SetOwner("u1")
	args.SetParent(parent)
	args.SetMaster(true)
	created, err := b.client.Enqueue(t.Context(), &args, "Welcome mail")
	require.NoError(t, err)

	waiting, err := b.client.TaskLog().Get(t.Context(), created.ID)
	require.NoError(t, err)
	require.Equal(t, task.Enqueued, waiting.Status)
	require.Nil(t, waiting.Report)

	b.work(t)
	done := b.closed(t, created.ID)
	require.Equal(t, task.Completed, done.Status)
	require.Equal(t, "mail.send", done.TaskName)
	require.Equal(t, "Welcome mail", done.Label)
	require.Equal(t, "u1", done.Owner)
	require.Equal(t, parent, done.ParentID)
	require.True(t, done.MasterStatus)
	require.Equal(t, task.CategoryExport, done.Category)
	require.Equal(t, b.prefix+"-bulk", done.Queue)
	require.JSONEq(t, `{"to":"ada@example.org"}`, done.Parameters)
	require.Equal(t, created.CreatedAt, done.CreatedAt.UTC())
	require.Equal(t, "sent to ada@example.org", done.Report.Children[0].Message)
	require.Equal(t, "receipt.txt", done.Report.FileName())

	// The lists follow within two seconds.
	require.Eventually(t, func() bool {
		found, err := b.client.TaskLog().Search(t.Context(), tasklog.NewFilter().Eq(tasklog.ParentID, string(parent)).Eq(tasklog.Status, "completed").Like(tasklog.Report, "%sent to ada%"))
		require.NoError(t, err)
		return len(found) == 1 && found[0].ID == created.ID
	}, patience, 20*time.Millisecond)
}

func TestOptionsAreTakenFromAValueAsFromAPointer(t *testing.T) {
	b := setup(t, nil)
	created, err := b.client.Enqueue(t.Context(), mail{Options: taskqueue.Options{Owner: "u3"}, To: "x"}, "")
	require.NoError(t, err)
	require.Equal(t, "u3", created.Owner)
	require.JSONEq(t, `{"to":"x"}`, string(created.Parameters))
}

func TestAnActionByNameIsRoutedByItsParameters(t *testing.T) {
	b := setup(t, func(c *taskqueue.Config) {
		c.Associations = map[string]string{"report.make": c.Queues[1].Name}
		c.Categories = map[string]task.Category{"report.make": task.CategoryCreate}
		c.Owner = "system"
	})
	urgent, err := b.client.CreateTask(t.Context(), "mail.send", map[string]any{"to": b.prefix + "@x", "urgent": true}, "", nil)
	require.NoError(t, err)
	require.Equal(t, b.prefix+"-urgent", urgent.Queue)
	require.Equal(t, "system", urgent.Owner)

	linked, err := b.client.CreateTask(t.Context(), "report.make", nil, "", &taskqueue.Options{Owner: "u2"})
	require.NoError(t, err)
	require.Equal(t, b.prefix+"-urgent", linked.Queue)
	require.Equal(t, task.CategoryCreate, linked.Category)
	require.Equal(t, "u2", linked.Owner)

	given, err := b.client.CreateTask(t.Context(), "report.make", nil, "", &taskqueue.Options{Queue: b.prefix + "-bulk"})
	require.NoError(t, err)
	require.Equal(t, b.prefix+"-bulk", given.Queue)

	// Parameters that do not fit are told at once: the action cannot be asked for its queue.
	_, err = b.client.CreateTask(t.Context(), "mail.send", json.RawMessage(`{"tow":"x"}`), "", nil)
	require.ErrorContains(t, err, `unknown field "tow"`)
}

func TestAnIDCanBeEnqueuedOnce(t *testing.T) {
	b := setup(t, nil)
	b.work(t)
	options := &taskqueue.Options{ID: task.ID(b.prefix)}
	first, err := b.client.CreateTask(t.Context(), "mail.send", mail{To: "x"}, "", options)
	require.NoError(t, err)
	for _, state := range []string{"running", "done"} {
		_, err = b.client.CreateTask(t.Context(), "mail.send", mail{To: "x"}, "", options)
		var duplicate *task.DuplicateError
		require.ErrorAs(t, err, &duplicate, state)
		require.Equal(t, first.ID, duplicate.ID)
		b.closed(t, first.ID)
	}
}

func TestSizes(t *testing.T) {
	b := setup(t, nil)
	b.work(t)
	big, err := b.client.CreateTask(t.Context(), "mail.send", mail{To: strings.Repeat("x", 1<<20)}, "1 MiB", nil)
	require.NoError(t, err)
	done := b.closed(t, big.ID)
	require.Equal(t, task.Completed, done.Status)
	require.Len(t, done.Parameters, 1<<20+len(`{"to":""}`))

	_, err = b.client.CreateTask(t.Context(), "mail.send", mail{To: strings.Repeat("x", 2<<20)}, "", nil)
	var large *task.TooLargeError
	require.ErrorAs(t, err, &large)
	require.Equal(t, temporal.MaxTaskSize, large.Limit)

	// The largest task that is accepted runs as well.
	overhead := 600
	largest, err := b.client.CreateTask(t.Context(), "mail.send", mail{To: strings.Repeat("x", temporal.MaxTaskSize-overhead)}, "", nil)
	require.NoError(t, err)
	require.Equal(t, task.Completed, b.closed(t, largest.ID).Status)
}

func TestADelayedTaskWaits(t *testing.T) {
	b := setup(t, nil)
	b.work(t)
	const delay = 5 * time.Second
	before := time.Now()
	created, err := b.client.CreateTask(t.Context(), "mail.send", mail{To: "x"}, "", &taskqueue.Options{Delay: delay, Priority: 1})
	require.NoError(t, err)
	waiting, err := b.client.TaskLog().Get(t.Context(), created.ID)
	require.NoError(t, err)
	require.Equal(t, task.Enqueued, waiting.Status)
	b.closed(t, created.ID)
	require.GreaterOrEqual(t, time.Since(before), delay)
}

func TestATaskTerminatedByOperatorsIsCancelled(t *testing.T) {
	c := temporaltest.Dial(t)
	b := setup(t, nil)
	created, err := b.client.CreateTask(t.Context(), "mail.send", mail{To: "x"}, "", nil)
	require.NoError(t, err)
	require.NoError(t, c.TerminateWorkflow(t.Context(), string(created.ID), "", "test"))
	require.Equal(t, task.Cancelled, b.closed(t, created.ID).Status)
}

func TestDeclaredActions(t *testing.T) {
	b := setup(t, func(c *taskqueue.Config) { c.Declared = []string{"python.train"} })
	_, err := b.client.CreateTask(t.Context(), "python.train", nil, "", nil)
	require.NoError(t, err)
	_, err = b.client.CreateTask(t.Context(), "python.tarin", nil, "", nil)
	var unknown *dispatcher.UnknownActionError
	require.ErrorAs(t, err, &unknown)
	require.ErrorContains(t, err, "python.train")
}

func TestInvalidTasksAreRefusedByField(t *testing.T) {
	b := setup(t, nil)
	for field, c := range map[string]struct {
		action  string
		params  any
		label   string
		options *taskqueue.Options
	}{
		"action":     {"", nil, "", nil},
		"label":      {"a", nil, strings.Repeat("x", 256), nil},
		"parameters": {"a", json.RawMessage("{"), "", nil},
		"delay":      {"a", nil, "", &taskqueue.Options{Delay: -1}},
		"priority":   {"a", nil, "", &taskqueue.Options{Priority: 9}},
		"category":   {"a", nil, "", &taskqueue.Options{Category: "misc"}},
		"owner":      {"a", nil, "", &taskqueue.Options{Owner: "\xff"}},
	} {
		created, err := b.client.CreateTask(t.Context(), c.action, c.params, c.label, c.options)
		require.Nil(t, created)
		var invalid *task.InvalidError
		require.ErrorAs(t, err, &invalid, field)
		require.Equal(t, field, invalid.Field)
	}
	_, err := b.client.CreateTask(t.Context(), "a", nil, "", &taskqueue.Options{Queue: "nowhere"})
	var unknown *dispatcher.UnknownQueueError
	require.ErrorAs(t, err, &unknown)
}

func TestConfigIsChecked(t *testing.T) {
	t.Parallel()
	_, err := taskqueue.New(taskqueue.Config{})
	require.ErrorContains(t, err, "Config.Temporal is nil")
	_, err = taskqueue.New(taskqueue.Config{Temporal: temporaltest.Dial(t), Categories: map[string]task.Category{"a": "misc"}})
	require.ErrorContains(t, err, `Config.Categories["a"]`)
	_, err = taskqueue.New(taskqueue.Config{Temporal: temporaltest.Dial(t), Queues: []taskqueue.Queue{{Name: "a"}, {Name: "a"}}})
	require.ErrorContains(t, err, "There are duplicated Queue names")
}
