package cli_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/distributed-task-queue/taskqueue/internal/cli"
)

func TestLogInfoMeasures(t *testing.T) {
	t.Parallel()
	b := setup(t)
	info := b.ok(t, "log", "info", "--output", "json")
	require.Equal(t, "visibility", info["engine"])
	require.Positive(t, info["retentionSeconds"])
	_, err := time.Parse(time.RFC3339, info["reachesBackTo"].(string))
	require.NoError(t, err)
	index := info["index"].(map[string]any)
	require.Equal(t, true, index["up"])
	require.Positive(t, index["lagSeconds"])

	table := b.run(t, "log", "info", "--output", "table")
	require.Equal(t, cli.StatusOK, table.status, table.err)
	require.Regexp(t, `(?m)^index up +yes$`, table.out)
	require.Regexp(t, `(?m)^reaches back to +\d{4}-`, table.out)
	require.Equal(t, cli.StatusUsage, b.run(t, "log", "info", "x").status)
}
