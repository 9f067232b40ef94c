package cli_test

import (
	"os"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/distributed-task-queue/taskqueue/internal/cli"
)

func TestRunRunsATaskInThisProcess(t *testing.T) {
	t.Parallel()
	b := setup(t) // there is no worker
	program, err := exec.LookPath("true")
	require.NoError(t, err)
	text, err := os.ReadFile(b.config)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(b.config, append(text, []byte("actions: {command: {programs: {nothing: {path: "+program+"}}}}\n")...), 0o600))
	e := b.ok(t, "run", "command", "--params", `{"program": "nothing"}`, "--label", "at once", "--owner", "jane")
	require.Equal(t, "completed", e["status"])
	require.Equal(t, "jane", e["owner"])
	require.Equal(t, "at once", e["taskLabel"])
	require.Equal(t, "completed", b.ok(t, "log", "get", e["id"].(string))["status"], "it is in the log")

	r := b.run(t, "run", "command", "--params", `{"program": "absent"}`)
	require.Equal(t, cli.StatusFailed, r.status)
	require.Equal(t, "failed", r.object(t)["status"])
	r = b.run(t, "run", "mail.send")
	require.Equal(t, cli.StatusUsage, r.status)
	require.Contains(t, r.err, "this program cannot run \"mail.send\", only command, http.request; `taskctl enqueue --wait` has a worker run it")
}
