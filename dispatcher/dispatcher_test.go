package dispatcher_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/distributed-task-queue/taskqueue/dispatcher"
	"github.com/distributed-task-queue/taskqueue/task"
)

// recorder is a broker that remembers: routing is what is tested here, and it needs no server.
type recorder struct {
	sync     bool
	enqueued []*task.Task
	created  []string
	err      error
}

func (r *recorder) Name() string { return "recorder" }
func (r *recorder) Sync() bool   { return r.sync }
func (r *recorder) Initialize(_ context.Context, queue string) error {
	r.created = append(r.created, queue)
	return r.err
}

func (r *recorder) Enqueue(_ context.Context, t *task.Task) error {
	if r.err == nil {
		r.enqueued = append(r.enqueued, t)
	}
	return r.err
}
func (r *recorder) Count(context.Context, string) (int64, error) {
	return int64(len(r.enqueued)), r.err
}

func TestNewRefusesWhatCannotWork(t *testing.T) {
	t.Parallel()
	b := &recorder{}
	a := dispatcher.Queue{Name: "a", Broker: b}
	for name, c := range map[string]struct {
		config dispatcher.Config
		want   string
	}{
		"no queues":     {dispatcher.Config{}, "Queues needs to be set."},
		"empty name":    {dispatcher.Config{Queues: []dispatcher.Queue{{Broker: b}}}, "Queue name needs to be set."},
		"no broker":     {dispatcher.Config{Queues: []dispatcher.Queue{{Name: "a"}}}, `queue "a" has no broker`},
		"duplicates":    {dispatcher.Config{Queues: []dispatcher.Queue{a, a}}, "There are duplicated Queue names"},
		"association":   {dispatcher.Config{Queues: []dispatcher.Queue{a}, Associations: map[string]string{"x": "b"}}, "Found not registered queue(s) linked to task(s): b"},
		"default queue": {dispatcher.Config{Queues: []dispatcher.Queue{a}, Default: "b"}, `Queue "b" does not exist`},
		"duplicates come first": {
			dispatcher.Config{Queues: []dispatcher.Queue{a, a}, Associations: map[string]string{"x": "b"}}, "There are duplicated Queue names",
		},
	} {
		_, err := dispatcher.New(c.config)
		require.ErrorContains(t, err, c.want, name)
	}
}

func TestQueueForPrefersTheActionThenTheAssociationThenTheDefault(t *testing.T) {
	t.Parallel()
	b := &recorder{}
	config := dispatcher.Config{
		Queues:       []dispatcher.Queue{{Name: "first", Broker: b}, {Name: "second", Broker: b}, {Name: "third", Broker: b}},
		Associations: map[string]string{"linked": "second", "asked": "second"},
		QueueOf: func(action string, parameters json.RawMessage) (string, error) {
			if action != "asked" {
				return "", nil
			}
			var p struct{ Queue string }
			err := json.Unmarshal(parameters, &p)
			return p.Queue, err
		},
	}
	d, err := dispatcher.New(config)
	require.NoError(t, err)
	for _, c := range []struct{ action, parameters, want string }{
		{"asked", `{"Queue":"third"}`, "third"},
		{"asked", `{}`, "second"},
		{"linked", `{}`, "second"},
		{"other", `{}`, "first"},
	} {
		q, err := d.QueueFor(c.action, json.RawMessage(c.parameters))
		require.NoError(t, err)
		require.Equal(t, c.want, q.Name)
	}
	_, err = d.QueueFor("asked", json.RawMessage(`{"Queue":"nowhere"}`))
	var unknown *dispatcher.UnknownQueueError
	require.ErrorAs(t, err, &unknown, "a queue that does not exist must not fall back")
	require.Equal(t, "nowhere", unknown.Name)

	config.Default = "third"
	d, err = dispatcher.New(config)
	require.NoError(t, err)
	q, err := d.QueueFor("other", nil)
	require.NoError(t, err)
	require.Equal(t, "third", q.Name)
}

func TestWeights(t *testing.T) {
	t.Parallel()
	b := &recorder{}
	d, err := dispatcher.New(dispatcher.Config{Queues: []dispatcher.Queue{{Name: "a", Weight: 23, Broker: b}, {Name: "b", Weight: -5, Broker: b}, {Name: "c", Broker: b}}})
	require.NoError(t, err)
	for name, want := range map[string]int{"a": 23, "b": 5, "c": 1} {
		q, err := d.Queue(name)
		require.NoError(t, err)
		require.Equal(t, want, q.Weight)
	}
}

func TestEnqueueRoutesValidatesAndHandsOver(t *testing.T) {
	t.Parallel()
	a, b := &recorder{}, &recorder{}
	d, err := dispatcher.New(dispatcher.Config{Queues: []dispatcher.Queue{{Name: "a", Broker: a}, {Name: "b", Broker: b}}})
	require.NoError(t, err)
	newTask := func(queue string) *task.Task {
		return &task.Task{ID: task.NewID(), Action: "x", Parameters: task.EmptyParameters, Metadata: task.Metadata{Queue: queue}}
	}
	require.NoError(t, d.Enqueue(t.Context(), newTask("")))
	require.Equal(t, "a", a.enqueued[0].Queue)
	require.NoError(t, d.Enqueue(t.Context(), newTask("b")))
	require.Len(t, b.enqueued, 1)

	var unknown *dispatcher.UnknownQueueError
	require.ErrorAs(t, d.Enqueue(t.Context(), newTask("c")), &unknown)
	nameless := newTask("")
	nameless.Action = ""
	var invalid *task.InvalidError
	require.ErrorAs(t, d.Enqueue(t.Context(), nameless), &invalid)
	require.Len(t, a.enqueued, 1, "an invalid task must not reach the broker")

	a.err = errors.New("no connection")
	require.ErrorIs(t, d.Enqueue(t.Context(), newTask("a")), a.err)
}

func TestInitializeCountAndIsSync(t *testing.T) {
	t.Parallel()
	a, b := &recorder{sync: true}, &recorder{}
	d, err := dispatcher.New(dispatcher.Config{Queues: []dispatcher.Queue{{Name: "a", Broker: a}, {Name: "b", Broker: b}}})
	require.NoError(t, err)
	require.False(t, d.IsSync())
	b.sync = true
	require.True(t, d.IsSync())
	require.NoError(t, d.Initialize(t.Context()))
	require.Equal(t, []string{"a"}, a.created)
	require.Equal(t, []string{"b"}, b.created)
	a.enqueued = make([]*task.Task, 3)
	b.enqueued = make([]*task.Task, 4)
	n, err := d.Count(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 7, n)
	a.err = errors.New("no table")
	require.ErrorContains(t, d.Initialize(t.Context()), `initialize queue "a": no table`)
	_, err = d.Count(t.Context())
	require.ErrorIs(t, err, a.err)
}
