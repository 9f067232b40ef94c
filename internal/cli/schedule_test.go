package cli_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/distributed-task-queue/taskqueue/internal/cli"
	"github.com/distributed-task-queue/taskqueue/internal/temporaltest"
)

// schedule makes a schedule, which is deleted when the test ends, and returns its id and its JSON.
func (b *bundle) schedule(t *testing.T, args ...string) (string, map[string]any) {
	t.Helper()
	id := temporaltest.UniqueName(t)
	t.Cleanup(func() {
		// The test's own context has ended.
		_ = temporaltest.Dial(t).ScheduleClient().GetHandle(context.Background(), id).Delete(context.Background())
	})
	return id, b.ok(t, append([]string{"schedule", "create", id}, args...)...)
}

func TestScheduleCommands(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.startWorker(t)
	id, created := b.schedule(t, "greet", "--params", `{"name": "jane"}`, "--label", "Hello", "--owner", "john", "--priority", "4", "--category", "export",
		"--cron", "30 2 * * mon-fri", "--cron", "0 12 * * *", "--every", "36h", "--offset", "1h", "--time-zone", "Europe/Berlin",
		"--start", "2090-01-01T00:00:00Z", "--end", "2095-01-01T00:00:00Z", "--jitter", "10s", "--overlap", "buffer-one", "--catch-up", "1m",
		"--note", "not yet", "--master")
	require.Equal(t, id, created["id"])
	require.Equal(t, map[string]any{
		"cron": []any{"30 2 * * 1-5", "0 12 * * *"}, "intervals": []any{map[string]any{"every": "36h", "offset": "1h"}},
		"timeZone": "Europe/Berlin", "startAt": "2090-01-01T00:00:00Z", "endAt": "2095-01-01T00:00:00Z", "jitter": "10s",
	}, created["spec"])
	require.Equal(t, map[string]any{
		"action": "greet", "parameters": map[string]any{"name": "jane"}, "label": "Hello", "queue": b.slow, "owner": "john", "category": "export",
		"masterStatus": true, "priority": 4.,
	}, created["task"])
	require.Equal(t, "buffer-one", created["overlap"])
	require.Equal(t, "1m", created["catchUp"])

	updated := b.ok(t, "schedule", "update", id, "--queue", b.fast, "--cron", "0 0 * * *", "--end", "")
	require.Equal(t, map[string]any{
		"cron": []any{"0 0 * * *"}, "timeZone": "Europe/Berlin", "startAt": "2090-01-01T00:00:00Z", "jitter": "10s",
	}, updated["spec"])
	require.Equal(t, b.fast, updated["task"].(map[string]any)["queue"])
	require.Equal(t, "Hello", updated["task"].(map[string]any)["label"])

	paused := b.ok(t, "schedule", "pause", id, "--note", "moving house")
	require.Equal(t, true, paused["paused"])
	require.Equal(t, "moving house", paused["note"])

	run := b.ok(t, "schedule", "trigger", id)["taskId"].(string)
	require.Eventually(t, func() bool {
		r := b.run(t, "log", "get", run)
		return r.status == cli.StatusOK && r.object(t)["status"] == "completed"
	}, 2*time.Minute, 200*time.Millisecond)
	require.Equal(t, false, b.ok(t, "schedule", "resume", id)["paused"])

	b.ok(t, "schedule", "update", id, "--start", "", "--time-zone", "", "--jitter", "0", "--paused")
	b.ok(t, "schedule", "backfill", id, "--from", "2026-01-05T00:00:00Z", "--to", "2026-01-06T00:00:00Z")
	require.Eventually(t, func() bool { return b.ok(t, "schedule", "get", id)["runs"] == 3. }, 2*time.Minute, 200*time.Millisecond)
	table := b.run(t, "schedule", "get", id, "--output", "table")
	require.Regexp(t, `(?m)^times +0 0 \* \* \* \(UTC\)$`, table.out)
	require.Regexp(t, `(?m)^runs +3, and 0 skipped, 0 missed$`, table.out)
	require.Contains(t, table.out, id+"-2026-01-06T00:00:00Z")

	require.Eventually(t, func() bool {
		for _, s := range b.ok(t, "schedule", "list")["schedules"].([]any) {
			if listed := s.(map[string]any); listed["id"] == id {
				return listed["paused"] == true && listed["action"] == "greet" && len(listed["recentRuns"].([]any)) == 3
			}
		}
		return false
	}, 2*time.Minute, 200*time.Millisecond)
	table = b.run(t, "schedule", "list", "--output", "table")
	require.Regexp(t, `(?m)^`+id+` +greet +Hello +0 0 \* \* \* \(UTC\) +paused `, table.out)

	require.Equal(t, map[string]any{"deleted": id}, b.ok(t, "schedule", "delete", id))
	r := b.run(t, "schedule", "get", id)
	require.Equal(t, cli.StatusFailed, r.status)
	require.Contains(t, r.err, "not found")
}

func TestWrongSchedules(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for want, args := range map[string][]string{
		"taskctl schedule needs one of its commands": {"schedule"},
		"accepts 2 arg(s), received 1":               {"schedule", "create", "x"},
		"give cron expressions or intervals":         {"schedule", "create", "x", "a"},
		"Minute is not in range":                     {"schedule", "create", "x", "a", "--cron", "61 * * * *"},
		"--offset needs --every":                     {"schedule", "create", "x", "a", "--offset", "1m"},
		`is "Mars"`:                                  {"schedule", "create", "x", "a", "--cron", "0 0 * * *", "--time-zone", "Mars"},
		"every -1s":                                  {"schedule", "create", "x", "a", "--every", "-1s"},
		`--start is "soon"`:                          {"schedule", "create", "x", "a", "--every", "1h", "--start", "soon"},
		"one of [skip":                               {"schedule", "create", "x", "a", "--every", "1h", "--overlap", "x"},
		"catchUp is 1s":                              {"schedule", "create", "x", "a", "--every", "1h", "--catch-up", "1s"},
		"--params: invalid task":                     {"schedule", "create", "x", "a", "--every", "1h", "--params", "{"},
		`Queue "nowhere" does not exist`:             {"schedule", "create", "x", "a", "--every", "1h", "--queue", "nowhere"},
		`--from is ""`:                               {"schedule", "backfill", "x"},
		`--to is "x"`:                                {"schedule", "backfill", "x", "--from", "2026-01-05T00:00:00Z", "--to", "x"},
	} {
		r := b.run(t, args...)
		require.Equal(t, cli.StatusUsage, r.status, "%v: %s", args, r.err)
		require.Contains(t, r.err, want, "%v", args)
	}
}
