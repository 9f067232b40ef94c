package api_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/distributed-task-queue/taskqueue"
	"github.com/distributed-task-queue/taskqueue/api"
	"github.com/distributed-task-queue/taskqueue/internal/temporaltest"
	"github.com/distributed-task-queue/taskqueue/tasklog"
	"github.com/distributed-task-queue/taskqueue/tasklog/visibility"
)

type controlled struct {
	Changed bool
	Task    entity
}

type bulkResult struct {
	Success                                              bool
	Eligible, Changed, Skipped, Refused, Unknown, Failed int
	Reasons                                              map[string]int
	Skips, Failures                                      []bulkTask
	Next                                                 string
	Remaining                                            int
}

type bulkTask struct{ ID, Reason string }

func TestCancelArchiveAndRerunOneTask(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.create(map[string]any{"action": "echo", "label": "again", "owner": "jane"}).ID
	path := "/api/v1/tasks/" + id
	require.Equal(t, "id", readProblem(t, b.do(http.MethodPost, path+"/cancel", map[string]any{"user": "john"}), http.StatusNotFound).Field)
	got := read[controlled](t, b.do(http.MethodPost, path+"/cancel", nil), http.StatusOK)
	require.True(t, got.Changed)
	require.Equal(t, "cancelled", got.Task.Status)
	require.Contains(t, got.Task.Report.Message, "was not processed")
	got = read[controlled](t, b.do(http.MethodPost, path+"/archive", map[string]any{"user": "jane", "force": false}), http.StatusOK)
	require.True(t, got.Changed)
	require.Equal(t, "archived", got.Task.Status)
	got = read[controlled](t, b.do(http.MethodPost, path+"/archive", map[string]any{}), http.StatusOK)
	require.False(t, got.Changed)
	p := readProblem(t, b.do(http.MethodPost, path+"/cancel", nil), http.StatusConflict)
	require.Equal(t, `Task cannot be cancelled because it is already dequeued. Task "`+id+`" is archived.`, p.Detail)
	require.Equal(t, "urn:taskqueue:problem:not-cancellable", p.Type)

	again := b.do(http.MethodPost, path+"/rerun", map[string]any{"owner": "john"})
	created := read[entity](t, again, http.StatusCreated)
	require.NotEqual(t, id, created.ID)
	require.Equal(t, "again", created.TaskLabel)
	require.Equal(t, "john", created.Owner)
	require.Equal(t, created.ID, read[entity](t, b.do(http.MethodGet, again.Header.Get("Location"), nil), http.StatusOK).ID)
	b.work()
	require.Equal(t, "completed", b.awaitClosed(created.ID).Status)
	require.Equal(t, http.StatusCreated, b.do(http.MethodPost, path+"/rerun", nil).StatusCode)

	for _, verb := range []string{"archive", "cancel", "rerun"} {
		readProblem(t, b.do(http.MethodPost, "/api/v1/tasks/absent/"+verb, nil), http.StatusNotFound)
		require.Equal(t, "froce", readProblem(t, b.do(http.MethodPost, path+"/"+verb, map[string]any{"froce": true}), http.StatusUnprocessableEntity).Field)
	}
}

func TestArchiveAndCancelManyTasks(t *testing.T) {
	t.Parallel()
	b := setup(t)
	owner := temporaltest.UniqueName(t)
	var ids []string
	for range 3 {
		ids = append(ids, b.create(map[string]any{"action": "echo", "owner": owner}).ID)
	}
	post := func(verb string, body map[string]any) bulkResult {
		t.Helper()
		return read[bulkResult](t, b.do(http.MethodPost, "/api/v1/tasks/"+verb, body), http.StatusOK)
	}
	want := bulkResult{
		Eligible: 1, Skipped: 1, Unknown: 1, Reasons: map[string]int{"Task log not found.": 1},
		Skips: []bulkTask{{"absent", "Task log not found."}}, Failures: []bulkTask{},
	}
	require.Equal(t, want, post("cancel", map[string]any{"ids": []string{ids[0], "absent"}, "dryRun": true}))
	want.Success, want.Changed = true, 1
	require.Equal(t, want, post("cancel", map[string]any{"ids": []string{ids[0], "absent"}, "user": owner}))
	b.await("the index knows the others", func() bool {
		return read[list](t, b.do(http.MethodGet, "/api/v1/tasks?status=enqueued&owner="+owner, nil), http.StatusOK).Total == 2
	})
	require.Equal(t, 2, post("cancel", map[string]any{"all": true, "user": owner}).Changed)
	b.await("the index knows that they are cancelled", func() bool {
		return read[list](t, b.do(http.MethodGet, "/api/v1/tasks?status=cancelled&owner="+owner, nil), http.StatusOK).Total == 3
	})
	require.Zero(t, post("archive", map[string]any{"all": true, "user": owner}).Changed, "none has completed or failed")
	filters := []map[string]any{{"column": "owner", "op": "eq", "value": owner}}
	require.Equal(t, 3, post("archive", map[string]any{"filters": filters}).Changed)

	for _, body := range []map[string]any{
		{}, {"all": false}, {"ids": []string{}}, {"all": true, "ids": []string{"a"}}, {"filters": filters, "all": true},
		{"filters": filters, "all": true, "text": "red"}, {"filters": filters, "ids": []string{"a"}, "text": "red"}, {"filters": filters, "ids": []string{"a"}},
		{"ids": []string{"a"}, "dry": true}, {"filters": []map[string]any{{"column": "colour", "op": "eq", "value": 1}}},
	} {
		readProblem(t, b.do(http.MethodPost, "/api/v1/tasks/archive", body), http.StatusUnprocessableEntity)
	}
	for _, verb := range []string{"archive", "cancel"} {
		p := readProblem(t, b.do(http.MethodPost, "/api/v1/tasks/"+verb, map[string]any{"filters": []string{}}), http.StatusUnprocessableEntity)
		require.Equal(t, "filters", p.Field)
		require.Equal(t, "filters has 0 items; give at least 1", p.Detail)
	}
}

func TestCancelWhatASearchFinds(t *testing.T) {
	t.Parallel()
	b := setup(t)
	owner := temporaltest.UniqueName(t)
	for _, label := range []string{"red apples", "red pears", "green apples"} {
		b.create(map[string]any{"action": "echo", "owner": owner, "label": label, "delay": "1h"})
	}
	b.await("the index knows them", func() bool {
		return read[list](t, b.do(http.MethodGet, "/api/v1/tasks?owner="+owner, nil), http.StatusOK).Total == 3
	})
	body := map[string]any{"text": "red", "filters": []map[string]any{{"column": "owner", "op": "eq", "value": owner}}, "dryRun": true}
	require.Equal(t, 2, read[bulkResult](t, b.do(http.MethodPost, "/api/v1/tasks/cancel", body), http.StatusOK).Eligible)
	body["dryRun"] = false
	require.Equal(t, 2, read[bulkResult](t, b.do(http.MethodPost, "/api/v1/tasks/cancel", body), http.StatusOK).Changed)
	b.await("one is left", func() bool {
		return read[list](t, b.do(http.MethodGet, "/api/v1/tasks?status=enqueued&owner="+owner, nil), http.StatusOK).Total == 1
	})
	for _, body := range []string{`{"text":"red"}`, `{"text":"red","all":true}`, `{"text":"red","ids":["a"]}`} {
		readProblem(t, b.do(http.MethodPost, "/api/v1/tasks/cancel", body), http.StatusUnprocessableEntity)
	}
}

// fading is an engine that, once it fades, finds one more task and then is away.
type fading struct {
	tasklog.Engine

	fades, away atomic.Bool
}

func (e *fading) Search(ctx context.Context, f *tasklog.Filter) (tasklog.Page, error) {
	if !e.fades.Load() {
		return e.Engine.Search(ctx, f)
	}
	if e.away.Swap(true) {
		return tasklog.Page{}, &tasklog.UnavailableError{}
	}
	return e.Engine.Search(ctx, f.Clone().Limit(1))
}

func TestManyTasksInParts(t *testing.T) {
	t.Parallel()
	temporal := temporaltest.Dial(t)
	engine := &fading{Engine: visibility.New(visibility.Config{Client: temporal, Namespace: temporaltest.Namespace})}
	b := setupWith(t, taskqueue.Config{
		Temporal: temporal, TaskLog: engine, Logger: temporaltest.Logger(t),
		Queues: []taskqueue.Queue{{Name: temporaltest.UniqueName(t)}}, Declared: []string{"echo"},
	}, api.Config{})
	owner := temporaltest.UniqueName(t)
	for range 5 {
		b.create(map[string]any{"action": "echo", "owner": owner, "delay": "1h"})
	}
	b.await("the index knows them", func() bool {
		return read[list](t, b.do(http.MethodGet, "/api/v1/tasks?owner="+owner, nil), http.StatusOK).Total == 5
	})
	body := map[string]any{"all": true, "user": owner, "limit": 2}
	cancel := func() answer { return b.do(http.MethodPost, "/api/v1/tasks/cancel", body) }
	first := read[bulkResult](t, cancel(), http.StatusOK)
	require.Equal(t, 2, first.Changed)
	require.Equal(t, 3, first.Remaining)

	// The index goes away after the next one, and the operation tells how far it came.
	body["cursor"], body["limit"] = first.Next, 3
	engine.fades.Store(true)
	p := readProblem(t, cancel(), http.StatusServiceUnavailable)
	require.NotNil(t, p.Result)
	require.Equal(t, 1, p.Result.Changed)
	require.NotEmpty(t, p.Result.Next)
	engine.fades.Store(false)
	body["cursor"] = p.Result.Next
	last := read[bulkResult](t, cancel(), http.StatusOK)
	require.Equal(t, [3]int{2, 0, 0}, [3]int{last.Changed, last.Skipped, last.Remaining})
	require.Empty(t, last.Next)

	for field, body := range map[string]map[string]any{
		"limit":  {"all": true, "limit": 0},
		"cursor": {"all": true, "cursor": "nonsense"},
		"":       {"ids": []string{"a"}, "limit": 1},
	} {
		p := readProblem(t, b.do(http.MethodPost, "/api/v1/tasks/cancel", body), http.StatusUnprocessableEntity)
		require.Equal(t, field, p.Field)
		require.NotContains(t, p.Detail, "'not' failed")
	}
}

// locked is a storage of which nothing can be deleted.
type locked struct{}

func (locked) Delete(context.Context, string) error {
	return errors.New("dial tcp 10.0.0.7:9000: secret of the storage")
}

// What went wrong inside is for the log.
func TestFailuresOfManyTellNothingOfTheServersInside(t *testing.T) {
	t.Parallel()
	actions := taskqueue.NewRegistry()
	require.NoError(t, taskqueue.Register(actions, runEcho))
	log := make(logLines, 100)
	b := setupWith(t, taskqueue.Config{
		Temporal: temporaltest.Dial(t), Queues: []taskqueue.Queue{{Name: temporaltest.UniqueName(t)}}, Actions: actions, Files: locked{},
		Logger: temporaltest.Logger(t),
	}, api.Config{Logger: slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelError}))})
	b.work()
	id := b.create(map[string]any{"action": "echo", "category": "export", "parameters": echo{File: "out.csv"}}).ID
	b.awaitClosed(id)
	a := b.do(http.MethodPost, "/api/v1/tasks/archive", map[string]any{"ids": []string{id}})
	require.Equal(t, []bulkTask{{id, "the error is in the server's log"}}, read[bulkResult](t, a, http.StatusOK).Failures)
	line := <-log
	require.Contains(t, line, "secret of the storage")
	require.Contains(t, line, id)
}
