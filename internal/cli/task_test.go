package cli_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	taskqueue "github.com/distributed-task-queue/taskqueue"
	"github.com/distributed-task-queue/taskqueue/internal/cli"
	"github.com/distributed-task-queue/taskqueue/internal/temporaltest"
	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/worker"
)

// greet is an action that fails when it is given no name.
type greet struct {
	Name string `json:"name"`
}

func (greet) Action() string { return "greet" }

// startWorker runs a worker for the queues of b until the test ends.
func (b *bundle) startWorker(t *testing.T) {
	t.Helper()
	actions := taskqueue.NewRegistry()
	require.NoError(t, taskqueue.Register(actions, func(_ context.Context, p greet) (task.Report, error) {
		if p.Name == "" {
			return task.Error("nobody\x1b[31m to greet"), nil
		}
		return task.Success("hello %s", p.Name), nil
	}))
	c, err := taskqueue.New(taskqueue.Config{
		Temporal: temporaltest.Dial(t), Queues: []taskqueue.Queue{{Name: b.fast}, {Name: b.slow}}, Actions: actions,
		Logger: slog.New(slog.DiscardHandler),
	})
	require.NoError(t, err)
	w, err := c.NewWorker(worker.Config{Concurrency: 4})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- w.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-done)
	})
}

func TestEnqueueShowsTheTask(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := temporaltest.UniqueName(t)
	e := b.ok(t, "enqueue", "mail.send", "--params", `{"to": "jane"}`, "--label", "Hello", "--owner", "john", "--category", "export",
		"--parent", "p1", "--id", id, "--delay", "1h", "--priority", "1", "--master")
	require.Equal(t, id, e["id"])
	require.Equal(t, "mail.send", e["taskName"])
	require.Equal(t, "created", e["status"])
	require.Equal(t, "enqueued", e["rawStatus"])
	require.Equal(t, "Hello", e["taskLabel"])
	require.Equal(t, b.fast, e["queue"], "by the association")
	require.Equal(t, "john", e["owner"])
	require.Equal(t, "export", e["category"])
	require.Equal(t, "p1", e["parentId"])
	require.Equal(t, true, e["masterStatus"])
	require.NotContains(t, e, "hasFile", "no storage of files is configured, so nobody can tell")
	require.Equal(t, map[string]any{"to": "jane"}, e["parameters"])
	require.Equal(t, e["id"], b.ok(t, "log", "get", id)["id"])

	r := b.run(t, "enqueue", "mail.send", "--id", id)
	require.Equal(t, cli.StatusFailed, r.status)
	require.Contains(t, r.err, id, "an id can be used once")
}

func TestEnqueueReadsParametersFromFileAndStandardInput(t *testing.T) {
	t.Parallel()
	b := setup(t)
	file := filepath.Join(t.TempDir(), "parameters.json")
	require.NoError(t, os.WriteFile(file, []byte(`{"from": "file"}`), 0o600))
	require.Equal(t, map[string]any{"from": "file"}, b.ok(t, "enqueue", "a", "--params", "@"+file)["parameters"])

	r := b.runWith(t, `{"from": "stdin"}`, "enqueue", "a", "--params", "-")
	require.Equal(t, cli.StatusOK, r.status, r.err)
	require.Equal(t, map[string]any{"from": "stdin"}, r.object(t)["parameters"])

	e := b.ok(t, "enqueue", "a")
	require.Equal(t, map[string]any{}, e["parameters"])
	require.Equal(t, b.slow, e["queue"], "the default queue")
}

func TestEnqueueWaits(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.startWorker(t)
	e := b.ok(t, "enqueue", "greet", "--params", `{"name": "jane"}`, "--wait")
	require.Equal(t, "completed", e["status"])
	require.Contains(t, e["report"].(map[string]any)["children"].([]any)[0].(map[string]any)["message"], "hello jane")

	r := b.run(t, "enqueue", "greet", "--wait", "--output", "table")
	require.Equal(t, cli.StatusFailed, r.status, "the task has failed")
	require.Regexp(t, `(?m)^status +Failed$`, r.out)
	require.Contains(t, r.out, "nobody [31m to greet", "what a task says cannot control the terminal")
	require.Empty(t, r.err)
}

func TestLogListAndStats(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.startWorker(t)
	owner := temporaltest.UniqueName(t)
	enqueue := func(args ...string) string {
		return b.ok(t, append([]string{"enqueue", "--owner", owner}, args...)...)["id"].(string)
	}
	first := enqueue("greet", "--params", `{"name": "a"}`, "--label", "100% sure", "--category", "import")
	second := enqueue("greet", "--params", `{"name": "b"}`, "--label", "second")
	failed := enqueue("greet")
	waiting := enqueue("mail.send")
	ignored := enqueue("index.update")

	list := func(args ...string) (ids []string, total float64) {
		page := b.ok(t, append([]string{"log", "list", "--owner", owner, "--sort", "created_at"}, args...)...)
		for _, e := range page["tasks"].([]any) {
			ids = append(ids, e.(map[string]any)["id"].(string))
		}
		return ids, page["total"].(float64)
	}
	require.Eventually(t, func() bool {
		ids, _ := list("--status", "completed", "--status", "failed")
		all, _ := list()
		return len(ids) == 3 && len(all) == 5
	}, 20*time.Second, 100*time.Millisecond)

	for _, test := range []struct {
		name  string
		args  []string
		want  []string
		total float64
	}{
		{"status", []string{"--status", "completed"}, []string{first, second}, 2},
		{"group of statuses", []string{"--status", "created"}, []string{waiting, ignored}, 2},
		{"action", []string{"--action", "mail.send", "--action", "index.update"}, []string{waiting, ignored}, 2},
		{"queue", []string{"--queue", b.fast}, []string{waiting}, 1},
		{"category", []string{"--category", "import"}, []string{first}, 1},
		{"label", []string{"--label", "second"}, []string{second}, 1},
		{"parent", []string{"--parent", "nobody"}, nil, 0},
		{"limit and offset", []string{"--limit", "2", "--offset", "1"}, []string{second, failed}, 5},
		{"order", []string{"--order", "desc", "--limit", "1"}, []string{ignored}, 5},
		{"like", []string{"--filter", "label like 100%"}, []string{first}, 1},
		{"two words", []string{"--filter", "task_name NOT LIKE %e%"}, nil, 0},
		{"word list", []string{"--filter", "id in " + first + ", " + failed}, []string{first, failed}, 2},
		{"JSON list", []string{"--filter", `id not in ["` + first + `","` + failed + `","` + waiting + `"]`}, []string{second, ignored}, 2},
		{"value with spaces", []string{"--filter", "label = 100% sure"}, []string{first}, 1},
		{"all filters hold", []string{"--filter", "status != failed", "--filter", "taskName eq greet"}, []string{first, second}, 2},
		{"user", []string{"--user", owner}, []string{first, second, failed, waiting}, 4},
		{"another user", []string{"--user", "nobody"}, nil, 0},
	} {
		ids, total := list(test.args...)
		require.Equal(t, test.want, ids, test.name)
		require.InDelta(t, test.total, total, 0, test.name)
	}
	require.Equal(t, map[string]any{
		"numberOfTasksCompleted": 2., "numberOfTasksFailed": 1., "numberOfTasksInProgress": 0.,
	}, b.ok(t, "log", "stats", "--user", owner))

	table := b.run(t, "log", "list", "--owner", owner, "--status", "failed", "--output", "table")
	require.Equal(t, cli.StatusOK, table.status)
	require.Regexp(t, `(?m)^`+failed+` +greet +Failed`, table.out)
	require.Contains(t, table.out, "1 of 1")
}

func TestEnqueueAFile(t *testing.T) {
	t.Parallel()
	b := setup(t)
	name := temporaltest.UniqueName(t)
	lines := `{"action": "mail.send", "parameters": {"to": "jane"}, "label": "first", "delay": "1h", "id": "` + name + `"}` + "\n\n" +
		`{"action": "mail.send", "id": "` + name + `-taken"}` + "\n" +
		`{"action": "greet", "queue": "` + b.slow + `", "delay": 3600, "idempotencyKey": "` + name + `"}`
	b.ok(t, "enqueue", "mail.send", "--id", name+"-taken")
	r := b.runWith(t, lines, "enqueue", "--file", "-")
	require.Equal(t, cli.StatusFailed, r.status, "one was refused")
	require.Empty(t, r.err)
	type result struct {
		Line      int
		ID, Error string
	}
	var results []result
	for line := range strings.Lines(r.out) {
		var one result
		require.NoError(t, json.Unmarshal([]byte(line), &one))
		results = append(results, one)
	}
	require.Len(t, results, 3)
	require.Equal(t, result{Line: 1, ID: name}, results[0])
	require.Equal(t, 3, results[1].Line)
	require.Contains(t, results[1].Error, "exists already")
	require.Equal(t, 4, results[2].Line)
	require.Equal(t, "first", b.ok(t, "log", "get", name)["taskLabel"])

	// The same task with the same key is the same task, whichever way it is asked for.
	again := b.ok(t, "enqueue", "greet", "--queue", b.slow, "--delay", "1h", "--idempotency-key", name)
	require.Equal(t, results[2].ID, again["id"])
	r = b.run(t, "enqueue", "greet", "--queue", b.slow, "--delay", "2h", "--idempotency-key", name)
	require.Equal(t, cli.StatusFailed, r.status)
	require.Contains(t, r.err, "which was enqueued with something else")

	for input, want := range map[string]string{
		`{"action": "greet", "lable": "x"}`: `line 1: json: unknown field "lable"`,
		`{"label": "x"}`:                    `line 1: "action" is missing`,
		"\n{":                               "line 2: unexpected EOF",
		`{"action":"a"} {}`:                 "more than one JSON value",
		`{"action":"a","delay":"soon"}`:     `delay is "soon"`,
	} {
		r := b.runWith(t, input, "enqueue", "--file", "-")
		require.Equal(t, cli.StatusUsage, r.status, input)
		require.Contains(t, r.err, want)
	}
	r = b.run(t, "enqueue", "--file", "-", "--label", "x")
	require.Equal(t, cli.StatusUsage, r.status)
	require.Contains(t, r.err, "no other flag")
}
