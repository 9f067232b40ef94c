package api_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/distributed-task-queue/taskqueue"
	"github.com/distributed-task-queue/taskqueue/api"
	"github.com/distributed-task-queue/taskqueue/internal/temporaltest"
	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/tasklog"
)

// timeline returns what happened to a task, and the kinds of it.
func (b *bundle) timeline(id string) (moments []tasklog.Moment, kinds []tasklog.MomentKind) {
	b.t.Helper()
	answer := b.do(http.MethodGet, "/api/v1/tasks/"+id+"/timeline", nil)
	for _, m := range read[struct{ Moments []tasklog.Moment }](b.t, answer, http.StatusOK).Moments {
		moments, kinds = append(moments, m), append(kinds, m.Kind)
	}
	for i := 1; i < len(moments); i++ {
		require.False(b.t, moments[i].At.Before(moments[i-1].At), "%+v", moments)
	}
	return moments, kinds
}

func TestTimelineOfATask(t *testing.T) {
	t.Parallel()
	b := setup(t)
	quit := make(chan struct{})
	b.withFamily(quit)
	id := b.create(map[string]any{"action": "family"}).ID
	_, kinds := b.timeline(id)
	require.Equal(t, tasklog.MomentEnqueued, kinds[0])
	b.work()
	b.await("it runs", func() bool {
		moments, _ := b.timeline(id)
		last := moments[len(moments)-1]
		return last.Kind == tasklog.MomentStarted && last.Worker != ""
	})
	close(quit)
	b.awaitClosed(id)
	_, kinds = b.timeline(id)
	require.Equal(t, []tasklog.MomentKind{"enqueued", "ready", "started", "returned", "completed"}, kinds)

	require.Equal(t, http.StatusOK, b.do(http.MethodPost, "/api/v1/tasks/"+id+"/archive", map[string]any{}).StatusCode)
	_, kinds = b.timeline(id)
	require.Equal(t, []tasklog.MomentKind{"enqueued", "archived"}, kinds)

	later := b.create(map[string]any{"action": "echo", "delay": "1h"}).ID
	_, kinds = b.timeline(later)
	require.Equal(t, []tasklog.MomentKind{"enqueued"}, kinds)
	require.Equal(t, http.StatusOK, b.do(http.MethodPost, "/api/v1/tasks/"+later+"/cancel", map[string]any{}).StatusCode)
	_, kinds = b.timeline(later)
	require.Equal(t, tasklog.MomentKind("cancelled"), kinds[len(kinds)-1])
	readProblem(t, b.do(http.MethodGet, "/api/v1/tasks/nobody/timeline", nil), http.StatusNotFound)
}

// What attempts failed of, and that nobody knows an action, is what people look for.
func TestTimelineOfAttempts(t *testing.T) {
	t.Parallel()
	queue := temporaltest.UniqueName(t)
	actions := taskqueue.NewRegistry()
	again := make(chan struct{})
	require.NoError(t, actions.Add(taskqueue.Action{
		Name: "shaky", Policy: task.Policy{Attempts: 2, Backoff: time.Hour},
		Run: func(context.Context, json.RawMessage) (task.Report, error) {
			return task.Report{}, errors.New("the line is busy")
		},
	}))
	require.NoError(t, actions.Add(taskqueue.Action{
		Name: "shakes", Policy: task.Policy{Attempts: 2, Backoff: time.Millisecond},
		Run: func(context.Context, json.RawMessage) (task.Report, error) {
			select {
			case <-again:
				return task.Success("done"), nil
			default:
				close(again)
				return task.Report{}, errors.New("the line is busy")
			}
		},
	}))
	b := setupWith(t, taskqueue.Config{
		Temporal: temporaltest.Dial(t), Queues: []taskqueue.Queue{{Name: queue}}, Actions: actions, Declared: []string{"elsewhere"}, Logger: temporaltest.Logger(t),
	}, api.Config{})
	b.work()
	waits := b.create(map[string]any{"action": "shaky"}).ID
	done := b.create(map[string]any{"action": "shakes"}).ID
	unknown := b.create(map[string]any{"action": "elsewhere"}).ID
	last := func(id string) tasklog.Moment {
		moments, _ := b.timeline(id)
		return moments[len(moments)-1]
	}
	var seen tasklog.Moment
	b.await("the first attempt has failed", func() bool { seen = last(waits); return seen.Kind == tasklog.MomentRetrying })
	require.Equal(t, "the line is busy", seen.Detail)
	require.Greater(t, time.Until(seen.At), 30*time.Minute)

	// It is offered again and again, so at times it is with a worker.
	b.await("it was handed back", func() bool { seen = last(unknown); return seen.Kind == tasklog.MomentHandedBack })
	require.Contains(t, seen.Detail, "handed back")

	b.awaitClosed(done)
	moments, kinds := b.timeline(done)
	require.Equal(t, []tasklog.MomentKind{"enqueued", "ready", "started", "returned", "completed"}, kinds)
	require.Equal(t, "the line is busy", moments[2].Detail)
}

func TestIdentityAndHistoryOfQueues(t *testing.T) {
	t.Parallel()
	b := setup(t)
	require.JSONEq(t, `{"subject":"","role":"admin","authenticated":false}`, string(b.do(http.MethodGet, "/api/v1/me", nil).body))
	g := setupGuarded(t)
	require.JSONEq(t, `{"subject":"`+g.ana+`","role":"owner","authenticated":true}`, string(g.as(g.ana, http.MethodGet, "/api/v1/me", nil).body))

	b.serve()
	b.await("the queues have been measured", func() bool {
		type history struct {
			Samples []struct {
				Queues map[string]struct{ Waiting int64 }
			}
		}
		got := read[history](t, b.do(http.MethodGet, "/api/v1/queues/history", nil), http.StatusOK)
		return len(got.Samples) >= 1 && len(got.Samples[0].Queues) == 2
	})
}
