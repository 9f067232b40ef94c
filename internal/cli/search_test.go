package cli_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/distributed-task-queue/taskqueue/internal/cli"
	"github.com/distributed-task-queue/taskqueue/internal/temporaltest"
)

func TestCursorTextAndGroups(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.startWorker(t)
	owner := temporaltest.UniqueName(t)
	var want []string
	for i := range 3 {
		e := b.ok(t, "enqueue", "greet", "--owner", owner, "--params", `{"name": "Zoë"}`, "--label", fmt.Sprint("number ", i))
		want = append(want, e["id"].(string))
	}
	// Its time has not come, or the worker, which does not know the action, could hold it for a moment when it is to be cancelled.
	waiting := b.ok(t, "enqueue", "mail.send", "--owner", owner, "--label", "Invoice", "--delay", "1h")["id"].(string)
	list := func(args ...string) map[string]any {
		return b.ok(t, append([]string{"log", "list", "--owner", owner, "--sort", "label"}, args...)...)
	}
	require.Eventually(t, func() bool {
		return list()["total"] == 4. && list("--status", "completed")["total"] == 3.
	}, 20*time.Second, 100*time.Millisecond)

	ids := func(page map[string]any) (ids []string) {
		for _, e := range page["tasks"].([]any) {
			ids = append(ids, e.(map[string]any)["id"].(string))
		}
		return ids
	}
	first := list("--limit", "2")
	require.Equal(t, []string{waiting, want[0]}, ids(first))
	second := list("--limit", "3", "--cursor", first["next"].(string))
	require.Equal(t, want[1:], ids(second))
	require.NotContains(t, second, "next")
	require.InDelta(t, 4, second["total"], 0)

	table := b.run(t, "log", "list", "--owner", owner, "--sort", "label", "--limit", "2", "--output", "table")
	require.Equal(t, cli.StatusOK, table.status)
	lines := strings.Split(strings.TrimSpace(table.out), "\n")
	require.Equal(t, "next page: --cursor "+first["next"].(string), lines[len(lines)-1])
	table = b.run(t, "log", "list", "--owner", owner, "--output", "table")
	require.NotContains(t, table.out, "next page")
	r := b.run(t, "log", "list", "--sort", "label", "--offset", "1", "--cursor", first["next"].(string))
	require.Equal(t, cli.StatusUsage, r.status)
	require.Contains(t, r.err, "cannot be combined with an offset")

	found := list("--text", "zoe", "--text", "NUMBER 1")
	require.Equal(t, want[1:2], ids(found))
	highlights := found["tasks"].([]any)[0].(map[string]any)["highlights"].(map[string]any)
	require.Contains(t, highlights, "taskLabel")
	require.Contains(t, highlights, "report")
	require.Equal(t, []string{waiting}, ids(list("--text", "invo*")))

	groups := func(args ...string) map[string]any {
		return b.ok(t, append([]string{"log", "groups", "--owner", owner}, args...)...)
	}
	require.Equal(t, map[string]any{"others": 0., "groups": []any{
		map[string]any{"value": "greet", "count": 3.}, map[string]any{"value": "mail.send", "count": 1.},
	}}, groups("--by", "taskName"))
	require.Equal(t, map[string]any{"others": 1., "groups": []any{map[string]any{"value": "completed", "count": 3.}}}, groups("--by", "status", "--top", "1"))
	require.Equal(t, map[string]any{"others": 0., "groups": []any{}}, groups("--to", "2026-01-01"))
	require.Equal(t, map[string]any{"others": 0., "groups": []any{map[string]any{"value": "", "count": 1.}}}, groups("--from", "2026-01-01", "--text", "invoice"))
	timed := groups("--by", "status", "--status", "completed", "--times")["groups"].([]any)[0].(map[string]any)["times"].(map[string]any)
	require.InDelta(t, 3, timed["count"], 0)
	require.Positive(t, timed["max"])
	table = b.run(t, "log", "groups", "--owner", owner, "--by", "task_name", "--times", "--top", "1", "--output", "table")
	require.Regexp(t, `(?m)^TASK_NAME +TASKS +ENDED +MIN +MEAN +P50 +P95 +MAX$`, table.out)
	require.Regexp(t, `(?m)^greet +3 +3 +[0-9.]+ s`, table.out)
	require.Regexp(t, `(?m)^\(others\) +1$`, table.out)

	cancelled := b.ok(t, "log", "cancel", "--owner", owner, "--text", "invoice")
	require.InDelta(t, 1, cancelled["changed"], 0)
}

// An index that is away takes lists with it, and nothing else.
func TestWithoutTheIndex(t *testing.T) {
	t.Parallel()
	b := setup(t)
	text, err := os.ReadFile(b.config)
	require.NoError(t, err)
	text = append(text, "log: {engine: elastic, elasticsearch: {addresses: ['http://127.0.0.1:1']}}\n"...)
	require.NoError(t, os.WriteFile(b.config, text, 0o600))

	id := b.ok(t, "enqueue", "mail.send")["id"].(string)
	for _, args := range [][]string{{"log", "list"}, {"log", "stats"}, {"log", "groups", "--by", "status"}} {
		r := b.run(t, args...)
		require.Equal(t, cli.StatusFailed, r.status, "%v", args)
		require.Contains(t, r.err, `index "temporal_visibility_v1" at http://127.0.0.1:1 is not available, try again later`)
		require.Contains(t, r.err, "these work: enqueue, rerun, log get")
		require.Empty(t, r.out)
	}
	require.Equal(t, id, b.ok(t, "log", "get", id)["id"])
	b.ok(t, "log", "cancel", id)
	b.ok(t, "log", "archive", id)
	b.ok(t, "rerun", id)
	b.ok(t, "queue", "pause", b.slow)
	b.ok(t, "queue", "list")
}
