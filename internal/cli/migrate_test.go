package cli_test

import (
	"database/sql"
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/distributed-task-queue/taskqueue/broker/rds"
	"github.com/distributed-task-queue/taskqueue/internal/cli"
	"github.com/distributed-task-queue/taskqueue/internal/syncbuffer"
	"github.com/distributed-task-queue/taskqueue/internal/temporaltest"
	"github.com/distributed-task-queue/taskqueue/task"
)

func TestAMigrationThatIsKilledGoesOn(t *testing.T) {
	t.Parallel()
	b, source := setupOutbox(t)
	b.ok(t, "init", "--broker=rds", "--persistence=default", "--queue="+b.slow)
	const tasks, atOnce = 120, rds.DefaultReceive
	table := `"` + rds.TableName(b.slow) + `"`
	count := func(db *sql.DB) (n int) {
		require.NoError(t, db.QueryRowContext(t.Context(), "SELECT count(*) FROM "+table).Scan(&n))
		return n
	}
	want := map[string]bool{}
	for range tasks {
		k := task.Task{ID: task.NewID(), Action: "mail.send", Parameters: task.EmptyParameters}
		encoded, err := json.Marshal(k)
		require.NoError(t, err)
		_, err = source.ExecContext(t.Context(), "INSERT INTO "+table+" (message) VALUES (?)", string(encoded))
		require.NoError(t, err)
		want[string(k.ID)] = true
	}
	b.ok(t, "init", "--broker=rds", "--persistence=other", "--queue="+b.slow)
	target, err := sql.Open("sqlite", b.other)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, target.Close()) })

	// While somebody else writes into the source nothing can leave it: the batch has arrived, and is in both.
	writer, err := source.Conn(t.Context())
	require.NoError(t, err)
	_, err = writer.ExecContext(t.Context(), "BEGIN IMMEDIATE")
	require.NoError(t, err)
	args := []string{"migrate", b.slow, "--broker=rds", "--persistence=default"}
	var said syncbuffer.Buffer
	process := exec.CommandContext(t.Context(), os.Args[0], append([]string{"--config", b.config, "--address", temporaltest.Server().Address}, args...)...)
	process.Env = append(os.Environ(), variableTaskctl+"=1")
	process.Stderr = &said
	require.NoError(t, process.Start())
	require.Eventually(t, func() bool { return count(target) == atOnce }, time.Minute, 10*time.Millisecond, "nothing arrives: %s", &said)
	require.Eventually(t, func() bool { return strings.Contains(said.String(), "100 of 120: 100 moved") }, time.Minute, 10*time.Millisecond)
	require.NoError(t, process.Process.Kill())
	require.ErrorContains(t, process.Wait(), "killed")
	_, err = writer.ExecContext(t.Context(), "ROLLBACK")
	require.NoError(t, err)
	require.NoError(t, writer.Close())
	require.Equal(t, tasks, count(source), "what has not been settled is still there")

	again := b.run(t, args...)
	require.Equal(t, cli.StatusOK, again.status, again.err)
	require.InDelta(t, tasks, again.object(t)["moved"], 0)
	require.Zero(t, count(source))
	drained := b.run(t, "relay", b.slow, "--drain")
	require.Equal(t, cli.StatusOK, drained.status, drained.err)
	require.Equal(t, map[string]any{"moved": 1. * tasks, "duplicates": 1. * atOnce, "rejected": 0.}, drained.object(t))
	got := map[string]bool{}
	require.Eventually(t, func() bool {
		listed := b.run(t, "log", "list", "--queue", b.slow, "--limit", "1000").object(t)["tasks"].([]any)
		clear(got)
		for _, one := range listed {
			got[one.(map[string]any)["id"].(string)] = true
		}
		return len(listed) == tasks
	}, time.Minute, 200*time.Millisecond)
	require.Equal(t, want, got)
}
