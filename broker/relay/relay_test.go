package relay_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"
	_ "modernc.org/sqlite"

	"database/sql"

	"github.com/distributed-task-queue/taskqueue/broker"
	"github.com/distributed-task-queue/taskqueue/broker/rds"
	"github.com/distributed-task-queue/taskqueue/broker/relay"
	"github.com/distributed-task-queue/taskqueue/task"
)

// target answers as it is told.
type target struct {
	mu     sync.Mutex
	answer func(*task.Task) error
	got    []task.ID
}

func (o *target) Enqueue(_ context.Context, t *task.Task) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.got = append(o.got, t.ID)
	return o.answer(t)
}

// setup returns a relay of a SQLite store that holds these tasks.
func setup(t *testing.T, o *target, ids ...task.ID) (*relay.Relay, *rds.Broker) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+t.TempDir()+"/outbox.db?_pragma=busy_timeout(30000)")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	b, err := rds.New(rds.Config{DB: db, Dialect: rds.SQLite, Order: broker.ByQueue})
	require.NoError(t, err)
	require.NoError(t, b.Initialize(t.Context(), "q"))
	for _, id := range ids {
		require.NoError(t, b.Enqueue(t.Context(), &task.Task{ID: id, Action: "a", Parameters: task.EmptyParameters, Metadata: task.Metadata{Queue: "q"}}))
	}
	r, err := relay.New(relay.Config{Sources: []relay.Source{{Queue: "q", Store: b}}, Target: o, PollInterval: time.Millisecond})
	require.NoError(t, err)
	return r, b
}

func TestWhatTheTargetAnswersDecides(t *testing.T) {
	t.Parallel()
	o := &target{answer: func(k *task.Task) error {
		return map[task.ID]error{
			"2": &task.DuplicateError{ID: k.ID}, "3": &task.TooLargeError{Size: 9, Limit: 1}, "4": serviceerror.NewInvalidArgument("odd"),
		}[k.ID]
	}}
	r, b := setup(t, o, "1", "2", "3", "4", "5")
	counts, err := r.Drain(t.Context())
	require.NoError(t, err)
	require.Equal(t, relay.Counts{Moved: 2, Duplicates: 1, Rejected: 2}, counts)
	require.Equal(t, []task.ID{"1", "2", "3", "4", "5"}, o.got)
	rejected, err := b.Rejected(t.Context(), "q", 10)
	require.NoError(t, err)
	require.Len(t, rejected, 2)
	require.Contains(t, rejected[0].Reason, "task has 9 bytes")
	require.Equal(t, "odd", rejected[1].Reason)
}

func TestAServerThatIsNotSetUpIsNoMessagesFault(t *testing.T) {
	t.Parallel()
	o := &target{answer: func(k *task.Task) error {
		if k.ID == "2" {
			return serviceerror.NewInvalidArgument("Namespace default has no mapping defined for search attribute TaskName")
		}
		return nil
	}}
	r, b := setup(t, o, "1", "2", "3")
	_, err := r.Drain(t.Context())
	require.ErrorContains(t, err, "search attribute")
	require.Equal(t, []task.ID{"1", "2"}, o.got, "an ordered queue waits for the one that cannot be handed over")
	backlog, err := b.Backlog(t.Context(), "q")
	require.NoError(t, err)
	require.EqualValues(t, 2, backlog.Waiting)
	require.Zero(t, backlog.Rejected)
}

// hiding shows nothing when it is first asked, as if another relay had received it all.
type hiding struct {
	broker.Stored
	asked bool
}

func (h *hiding) Receive(ctx context.Context, queue string) (broker.Batch, error) {
	if !h.asked {
		h.asked, queue = true, "empty"
	}
	return h.Stored.Receive(ctx, queue)
}

func TestDrainWaitsForWhatIsHidden(t *testing.T) {
	t.Parallel()
	o := &target{answer: func(*task.Task) error { return nil }}
	_, b := setup(t, o, "1", "2")
	require.NoError(t, b.Initialize(t.Context(), "empty"))
	drain := func(ctx context.Context, pause time.Duration) (relay.Counts, error) {
		r, err := relay.New(relay.Config{Sources: []relay.Source{{Queue: "q", Store: &hiding{Stored: b}}}, Target: o, PollInterval: pause})
		require.NoError(t, err)
		return r.Drain(ctx)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	_, err := drain(ctx, time.Hour)
	require.ErrorIs(t, err, context.DeadlineExceeded, "nobody has to wait for ever")
	counts, err := drain(t.Context(), time.Millisecond)
	require.NoError(t, err)
	require.Equal(t, relay.Counts{Moved: 2}, counts)
}

// asking is a target that looks at the context.
type asking func(ctx context.Context, t *task.Task) error

func (a asking) Enqueue(ctx context.Context, t *task.Task) error { return a(ctx, t) }

func TestWhatHasNotBegunIsGivenBackWhenTheRelayStops(t *testing.T) {
	t.Parallel()
	_, b := setup(t, &target{}, "1", "2", "3")
	ctx, cancel := context.WithCancel(t.Context())
	var got []task.ID
	r, err := relay.New(relay.Config{Sources: []relay.Source{{Queue: "q", Store: b}}, Target: asking(func(ctx context.Context, k *task.Task) error {
		got = append(got, k.ID)
		cancel()
		return ctx.Err() // what has begun is brought to its end
	})})
	require.NoError(t, err)
	require.NoError(t, r.Run(ctx))
	require.Equal(t, []task.ID{"1"}, got)
	require.Equal(t, relay.Counts{Moved: 1}, r.Counts())
	waiting, err := r.Waiting(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 2, waiting)
}

func TestHandingOverMayTakeAsLongAsTheConfigurationSays(t *testing.T) {
	t.Parallel()
	for timeout, limited := range map[time.Duration]bool{0: true, time.Minute: true, -1: false} {
		_, b := setup(t, &target{}, "1")
		r, err := relay.New(relay.Config{
			Sources: []relay.Source{{Queue: "q", Store: b}}, HandOverTimeout: timeout,
			Target: asking(func(ctx context.Context, _ *task.Task) error {
				_, has := ctx.Deadline()
				assert.Equal(t, limited, has)
				return nil
			}),
		})
		require.NoError(t, err)
		_, err = r.Drain(t.Context())
		require.NoError(t, err)
	}
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	o := &target{answer: func(*task.Task) error { return errors.New("away") }}
	r, _ := setup(t, o, "1", "2")
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx) }()
	defer func() { cancel(); require.NoError(t, <-ended) }()
	want := `# HELP taskqueue_relay_set_aside Messages that were set aside because no task can be made of them.
# TYPE taskqueue_relay_set_aside gauge
taskqueue_relay_set_aside{broker="rds",queue="q"} 0
# HELP taskqueue_relay_waiting Messages in the broker's store that no relay has handed over.
# TYPE taskqueue_relay_waiting gauge
taskqueue_relay_waiting{broker="rds",queue="q"} 2
`
	require.Eventually(t, func() bool {
		return testutil.CollectAndCompare(r, strings.NewReader(want), "taskqueue_relay_waiting", "taskqueue_relay_set_aside") == nil
	}, 2*time.Minute, 10*time.Millisecond)
	registry := prometheus.NewRegistry()
	registry.MustRegister(r)
	require.Eventually(t, func() bool { // failures are counted, and the age grows
		families, err := registry.Gather()
		if err != nil {
			return false
		}
		values := map[string]float64{}
		for _, f := range families {
			m := f.GetMetric()[0]
			values[f.GetName()] = m.GetGauge().GetValue() + m.GetCounter().GetValue() // it has one of them
		}
		return values["taskqueue_relay_oldest_age_seconds"] > 0 && values["taskqueue_relay_failures_total"] > 0
	}, 2*time.Minute, 10*time.Millisecond)
}

// blind is a store that does not know since when its messages wait.
type blind struct {
	broker.Stored

	waiting atomic.Int64
}

func (*blind) Name() string          { return "blind" }
func (*blind) Traits() broker.Traits { return broker.Traits{} }

func (b *blind) Backlog(context.Context, string) (broker.Backlog, error) {
	return broker.Backlog{Waiting: b.waiting.Load()}, nil
}

func TestTheAgeGrowsWhenTheStoreDoesNotKnowIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := &blind{}
		store.waiting.Store(1)
		r, err := relay.New(relay.Config{
			Sources: []relay.Source{{Queue: "q", Store: store}}, Target: &target{}, Logger: slog.New(slog.DiscardHandler),
			Ready: func(context.Context) error { return errors.New("away") }, // so nothing is received
		})
		require.NoError(t, err)
		registry := prometheus.NewRegistry()
		registry.MustRegister(r)
		age := func() time.Duration {
			families, err := registry.Gather()
			require.NoError(t, err)
			for _, f := range families {
				if f.GetName() == "taskqueue_relay_oldest_age_seconds" {
					return time.Duration(f.GetMetric()[0].GetGauge().GetValue() * float64(time.Second))
				}
			}
			return -1
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- r.Run(ctx) }()
		time.Sleep(10 * time.Minute)
		require.Equal(t, 10*time.Minute, age())
		store.waiting.Store(0)
		time.Sleep(time.Minute)
		require.Zero(t, age())
		store.waiting.Store(2)
		time.Sleep(10 * time.Minute)
		require.InDelta(t, 10*time.Minute, age(), float64(time.Minute), "it is looked at from time to time")
		cancel()
		require.NoError(t, <-ended)
	})
}

func TestConfigIsChecked(t *testing.T) {
	t.Parallel()
	_, err := relay.New(relay.Config{})
	require.ErrorContains(t, err, "Config.Target is nil")
	_, err = relay.New(relay.Config{Target: &target{}, Concurrency: -1})
	require.ErrorContains(t, err, "Config.Concurrency is negative")
}
