package cli_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/distributed-task-queue/taskqueue/internal/cli"
	"github.com/distributed-task-queue/taskqueue/internal/temporaltest"
)

func TestCancelArchiveAndRerun(t *testing.T) {
	t.Parallel()
	b := setup(t)
	owner := temporaltest.UniqueName(t)
	first := b.ok(t, "enqueue", "greet", "--owner", owner, "--label", "one")["id"].(string)
	b.ok(t, "enqueue", "greet", "--owner", owner)

	dry := b.ok(t, "log", "cancel", first, "--dry-run")
	require.InDelta(t, 1, dry["eligible"], 0)
	require.InDelta(t, 0, dry["changed"], 0)
	require.Equal(t, "created", b.ok(t, "log", "get", first)["status"])
	require.InDelta(t, 1, b.ok(t, "log", "cancel", first, "--user", owner)["changed"], 0)

	for _, args := range [][]string{{"absent"}, {first, "--user", "somebody else"}} {
		r := b.run(t, append([]string{"log", "cancel"}, args...)...)
		require.Equal(t, cli.StatusFailed, r.status, "there is no such task")
		require.Equal(t, []any{map[string]any{"id": args[0], "reason": "Task log not found."}}, r.object(t)["skips"])
	}
	require.InDelta(t, 1, b.ok(t, "log", "cancel", first)["skipped"], 0, "it is cancelled already")

	count := func(status string) float64 {
		return b.ok(t, "log", "list", "--owner", owner, "--status", status)["total"].(float64)
	}
	require.Eventually(t, func() bool { return count("cancelled") == 1 && count("created") == 1 }, 20*time.Second, 50*time.Millisecond)
	table := b.run(t, "log", "archive", "--filter", "owner = "+owner, "--output", "table")
	require.Equal(t, cli.StatusOK, table.status, table.err)
	require.Regexp(t, `(?m)^archived +2$`, table.out)
	require.Eventually(t, func() bool { return count("archived") == 2 }, 20*time.Second, 50*time.Millisecond)
	require.InDelta(t, 0, b.ok(t, "log", "archive", "--all", "--user", owner)["changed"], 0, "nothing is left to do")
	refused := b.run(t, "log", "cancel", first, "--output", "table")
	require.Equal(t, cli.StatusFailed, refused.status)
	require.Contains(t, refused.out, first+`: Task cannot be cancelled because it is already dequeued. Task "`+first+`" is archived.`)

	again := b.ok(t, "rerun", first, "--owner", "john")
	require.NotEqual(t, first, again["id"])
	require.Equal(t, "one", again["taskLabel"])
	require.Equal(t, "john", again["owner"])
	r := b.run(t, "rerun", "absent")
	require.Equal(t, cli.StatusFailed, r.status)
	require.Contains(t, r.err, "not found")
}
