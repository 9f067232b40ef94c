package cli_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	taskqueue "github.com/distributed-task-queue/taskqueue"
	"github.com/distributed-task-queue/taskqueue/internal/cli"
	"github.com/distributed-task-queue/taskqueue/internal/temporaltest"
	"github.com/distributed-task-queue/taskqueue/task"
)

func TestStuckTasksAreListedAndRestarted(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c, err := taskqueue.New(taskqueue.Config{Temporal: temporaltest.Dial(t), Queues: []taskqueue.Queue{{Name: b.slow}}})
	require.NoError(t, err)
	id := task.ID(temporaltest.UniqueName(t))
	require.NoError(t, c.Dispatcher().Enqueue(t.Context(), &task.Task{
		ID: id, Action: "mail.send", Parameters: json.RawMessage(`{}`), Label: "Hello",
		Metadata: task.Metadata{Queue: b.slow, Owner: "jane", CreatedAt: time.Now().Add(-time.Hour)},
	}))
	b.ok(t, "enqueue", "mail.send", "--queue", b.slow) // too young

	var list map[string]any
	require.Eventually(t, func() bool {
		list = b.ok(t, "stuck", "list", "--action", "csv.import, mail.send", "--queue", b.slow)
		return list["total"] == 1.
	}, 2*time.Minute, 100*time.Millisecond)
	found := list["tasks"].([]any)[0].(map[string]any)
	require.Equal(t, string(id), found["id"])
	require.Equal(t, "no worker serves the queue", found["cause"])
	table := b.run(t, "stuck", "list", "--action", "mail.send", "--queue", b.slow, "--output", "table")
	require.Regexp(t, `(?m)^`+string(id)+` +mail.send +`+b.slow+` +jane +Hello .*no worker serves the queue$`, table.out)
	require.Equal(t, map[string]any{"total": 0., "tasks": []any{}}, b.ok(t, "stuck", "list", "--action", "mail.send", "--queue", b.slow, "--age", "2h"))

	result := b.ok(t, "stuck", "restart", "--action", "mail.send", "--queue", b.slow)
	newID := result["tasks"].([]any)[0].(map[string]any)["newId"].(string)
	require.Equal(t, map[string]any{
		"total": 1., "restarted": 1., "errors": 0., "tasks": []any{map[string]any{"id": string(id), "newId": newID}},
	}, result)
	require.Equal(t, "cancelled", b.ok(t, "log", "get", string(id))["status"])
	again := b.ok(t, "log", "get", newID)
	require.Equal(t, "created", again["status"])
	require.Equal(t, "jane", again["owner"])
	require.Equal(t, b.fast, again["queue"], "by the association")
}

func TestStuckRefusesWhatMakesNoSense(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for want, args := range map[string][]string{
		"taskctl stuck needs one of its commands": {"stuck"},
		"--action is missing":                     {"stuck", "list"},
		"--age is 1m0s; it must be 3m0s or more":  {"stuck", "restart", "--action", "a", "--age", "1m"},
	} {
		r := b.run(t, args...)
		require.Equal(t, cli.StatusUsage, r.status, r.err)
		require.Contains(t, r.err, want)
	}
}
