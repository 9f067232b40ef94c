package api_test

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/distributed-task-queue/taskqueue"
	"github.com/distributed-task-queue/taskqueue/api"
	"github.com/distributed-task-queue/taskqueue/schedule"
	"github.com/distributed-task-queue/taskqueue/task"
)

// neverBefore is the start of schedules that are not to run while a test does.
const neverBefore = "2090-01-01T00:00:00Z"

// schedule makes the test's schedule, which is named like its queue, and returns its path.
func (b *bundle) schedule() string {
	b.t.Helper()
	body := map[string]any{
		"id": b.queue, "spec": map[string]any{"cron": []string{"30 2 * * *"}, "startAt": neverBefore},
		"task": map[string]any{"action": "echo", "parameters": map[string]any{"fail": false}, "label": "nightly", "owner": b.queue},
	}
	a := b.do(http.MethodPost, "/api/v1/schedules", body)
	require.Equal(b.t, http.StatusCreated, a.StatusCode, "%s", a.body)
	path := "/api/v1/schedules/" + b.queue
	require.Equal(b.t, path, a.Header.Get("Location"))
	b.t.Cleanup(func() { _ = b.client.Schedules().Delete(context.Background(), b.queue) })
	return path
}

func TestSchedules(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.work()
	path := b.schedule()
	s := read[schedule.Schedule](t, b.do(http.MethodGet, path, nil), http.StatusOK)
	require.Equal(t, b.queue, s.ID)
	require.Equal(t, b.queue, s.Task.Queue, "the dispatcher has chosen it")
	require.Equal(t, schedule.OverlapSkip, s.Overlap)
	require.Equal(t, "2090-01-01T02:30:00Z", s.NextRuns[0].Format(time.RFC3339))
	again := map[string]any{"id": b.queue, "spec": s.Spec, "task": s.Task}
	p := readProblem(t, b.do(http.MethodPost, "/api/v1/schedules", again), http.StatusUnprocessableEntity)
	require.Equal(t, "task.policy", p.Field)
	updated := read[schedule.Schedule](t, b.do(http.MethodPut, path, map[string]any{"spec": s.Spec, "task": s.Task}), http.StatusOK)
	require.Equal(t, s.Task, updated.Task, "it may be given back as it was read")
	s.Task.Policy = nil
	again["task"] = s.Task
	p = readProblem(t, b.do(http.MethodPost, "/api/v1/schedules", again), http.StatusConflict)
	require.Equal(t, "id", p.Field)

	// Without a body, and with one.
	require.True(t, read[schedule.Schedule](t, b.do(http.MethodPost, path+"/pause", nil), http.StatusOK).Paused)
	s = read[schedule.Schedule](t, b.do(http.MethodPost, path+"/pause", map[string]any{"note": "moving house"}), http.StatusOK)
	require.Equal(t, "moving house", s.Note)

	triggered := read[struct{ TaskID string }](t, b.do(http.MethodPost, path+"/trigger", nil), http.StatusAccepted)
	b.await("the triggered task is there", func() bool {
		return b.do(http.MethodGet, "/api/v1/tasks/"+triggered.TaskID, nil).StatusCode == http.StatusOK
	})
	e := b.awaitClosed(triggered.TaskID)
	require.Equal(t, string(task.Completed), e.RawStatus)
	require.Equal(t, "nightly", e.TaskLabel)
	require.False(t, read[schedule.Schedule](t, b.do(http.MethodPost, path+"/resume", nil), http.StatusOK).Paused)

	// The whole definition as it was read can be sent back, changed.
	s.Spec = schedule.Spec{Cron: []string{"0 * * * *"}, TimeZone: "Asia/Tokyo"}
	s.Paused = true
	s.CatchUp = schedule.Duration(time.Hour)
	s = read[schedule.Schedule](t, b.do(http.MethodPut, path, s.Definition), http.StatusOK)
	require.Equal(t, "Asia/Tokyo", s.Spec.TimeZone)
	require.True(t, s.Spec.StartAt.IsZero())
	require.True(t, s.Paused)
	require.Equal(t, schedule.Duration(time.Hour), s.CatchUp)

	read[schedule.Schedule](t, b.do(http.MethodPost, path+"/backfill", map[string]any{
		"from": "2026-01-05T00:00:00Z", "to": "2026-01-05T02:00:00+01:00", "overlap": "allow-all",
	}), http.StatusAccepted)
	b.await("two runs more", func() bool {
		return read[schedule.Schedule](t, b.do(http.MethodGet, path, nil), http.StatusOK).Runs == 3
	})

	b.await("the list has it", func() bool {
		for _, listed := range read[struct{ Schedules []schedule.Summary }](t, b.do(http.MethodGet, "/api/v1/schedules", nil), http.StatusOK).Schedules {
			if listed.ID == b.queue {
				return listed.Action == "echo" && listed.Label == "nightly" && listed.Paused && len(listed.RecentRuns) == 3
			}
		}
		return false
	})
	require.Equal(t, http.StatusNoContent, b.do(http.MethodDelete, path, nil).StatusCode)
	readProblem(t, b.do(http.MethodGet, path, nil), http.StatusNotFound)
}

func TestWrongSchedules(t *testing.T) {
	t.Parallel()
	b := setup(t)
	path := b.schedule()
	const spec, runs = `"spec":{"cron":["0 0 * * *"]}`, `"task":{"action":"echo"}`
	for name, c := range map[string]struct {
		method, path, body string
		status             int
		field, detail      string
	}{
		"no id":            {"POST", "", `{` + spec + `,` + runs + `}`, 422, "id", "missing"},
		"id":               {"POST", "", `{"id":"ä",` + spec + `,` + runs + `}`, 422, "id", "ASCII"},
		"long id":          {"POST", "", `{"id":"` + strings.Repeat("x", 235) + `",` + spec + `,` + runs + `}`, 422, "id", "234"},
		"no spec":          {"POST", "", `{"id":"x",` + runs + `}`, 422, "spec", "missing"},
		"no times":         {"POST", "", `{"id":"x","spec":{},` + runs + `}`, 422, "spec", "intervals"},
		"cron":             {"POST", "", `{"id":"x","spec":{"cron":["61 * * * *"]},` + runs + `}`, 422, "spec.cron", "Minute"},
		"time zone":        {"POST", "", `{"id":"x","spec":{"cron":["0 0 * * *"],"timeZone":"x"},` + runs + `}`, 422, "spec.timeZone", "IANA"},
		"start":            {"POST", "", `{"id":"x","spec":{"cron":["0 0 * * *"],"startAt":"soon"},` + runs + `}`, 422, "spec.startAt", "date-time"},
		"every":            {"POST", "", `{"id":"x","spec":{"intervals":[{"every":"soon"}]},` + runs + `}`, 422, "spec.intervals[0].every", "soon"},
		"endless every":    {"POST", "", `{"id":"x","spec":{"intervals":[{"every":"99999999h"}]},` + runs + `}`, 422, "duration", "99999999h"},
		"overlap":          {"POST", "", `{"id":"x",` + spec + `,` + runs + `,"overlap":"x"}`, 422, "overlap", "buffer-all"},
		"unknown action":   {"POST", "", `{"id":"x",` + spec + `,"task":{"action":"nope"}}`, 422, "action", "nope"},
		"unknown queue":    {"POST", "", `{"id":"x",` + spec + `,"task":{"action":"echo","queue":"nope"}}`, 422, "queue", "nope"},
		"delay":            {"POST", "", `{"id":"x",` + spec + `,"task":{"action":"echo","delay":1}}`, 422, "task.delay", "not known"},
		"malformed":        {"POST", "", `{`, 400, "", "JSON"},
		"update nothing":   {"PUT", "/nobody", `{` + spec + `,` + runs + `}`, 404, "id", `"nobody" not found`},
		"update":           {"PUT", "/" + b.queue, `{` + spec + `,"task":{"action":"echo","priority":9}}`, 422, "task.priority", "5"},
		"pause":            {"POST", "/" + b.queue + "/pause", `{"notes":"x"}`, 422, "notes", "note"},
		"pause nothing":    {"POST", "/nobody/pause", `{}`, 404, "id", "nobody"},
		"trigger nothing":  {"POST", "/nobody/trigger", ``, 404, "id", "nobody"},
		"resume nothing":   {"POST", "/nobody/resume", ``, 404, "id", "nobody"},
		"delete nothing":   {"DELETE", "/nobody", ``, 404, "id", "nobody"},
		"backfill nothing": {"POST", "/nobody/backfill", `{"from":"2026-01-01T00:00:00Z","to":"2026-01-01T00:00:00Z"}`, 404, "id", "nobody"},
		"backfill":         {"POST", "/" + b.queue + "/backfill", `{"from":"2026-01-01T00:00:00Z"}`, 422, "to", "missing"},
		"future":           {"POST", "/" + b.queue + "/backfill", `{"from":"2026-01-01T00:00:00Z","to":"` + neverBefore + `"}`, 422, "to", "not past"},
		"backwards":        {"POST", "/" + b.queue + "/backfill", `{"from":"2026-01-02T00:00:00Z","to":"2026-01-01T00:00:00Z"}`, 422, "to", "before"},
	} {
		t.Run(name, func(t *testing.T) {
			p := readProblem(t, b.do(c.method, "/api/v1/schedules"+c.path, c.body), c.status)
			require.Equal(t, c.field, p.Field, p.Detail)
			require.Contains(t, p.Detail, c.detail)
		})
	}
	require.Equal(t, "nightly", read[schedule.Schedule](t, b.do(http.MethodGet, path, nil), http.StatusOK).Task.Label)
}

func TestSchedulesUnavailable(t *testing.T) {
	t.Parallel()
	dead, err := client.NewLazyClient(client.Options{HostPort: "127.0.0.1:1", Logger: nil})
	require.NoError(t, err)
	t.Cleanup(dead.Close)
	b := setupWith(t, taskqueue.Config{Temporal: dead}, api.Config{Timeout: 300 * time.Millisecond, Logger: slog.New(slog.DiscardHandler)})
	readProblem(t, b.do(http.MethodGet, "/api/v1/schedules", nil), http.StatusServiceUnavailable)
	readProblem(t, b.do(http.MethodDelete, "/api/v1/schedules/x", nil), http.StatusServiceUnavailable)
}
