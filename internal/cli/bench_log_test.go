package cli_test

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/distributed-task-queue/taskqueue/internal/cli"
	"github.com/distributed-task-queue/taskqueue/internal/temporaltest"
)

func TestBenchLogEndsWithTheWorstRatio(t *testing.T) {
	t.Parallel()
	b := setup(t)
	file := filepath.Join(temporaltest.Server().DataDir, "visibility.db")
	r := b.run(t, "bench", "log", "--tasks=1000", "--rounds=1", "--iterations=1", "--sqlite="+file, "--output=json")
	require.Equal(t, cli.StatusOK, r.status, r.err)
	require.Contains(t, r.err, "1000 of 1000 tasks are written")
	lines := strings.Split(strings.TrimSpace(r.out), "\n")
	var last map[string]any
	require.NoError(t, json.Unmarshal([]byte(lines[len(lines)-1]), &last))
	require.Positive(t, last["worst_p95_ratio"])
	require.Len(t, last["queries"], 11)
}

func TestBenchLogSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for want, args := range map[string][]string{
		"name the store":  {},
		"with --sqlite":   {"--sqlite=x", "--elasticsearch=http://127.0.0.1:9200"},
		"--keep is for":   {"--sqlite=x", "--keep"},
		"tasks are 1; th": {"--sqlite=x", "--tasks=1"},
	} {
		r := b.run(t, append([]string{"bench", "log"}, args...)...)
		require.Equal(t, cli.StatusUsage, r.status, r.err)
		require.Contains(t, r.err, want)
	}
}
