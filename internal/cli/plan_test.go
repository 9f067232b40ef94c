package cli_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/distributed-task-queue/taskqueue/internal/cli"
)

func TestAPlanIsComputedWithoutAServer(t *testing.T) {
	t.Parallel()
	b := setup(t)
	plan := b.ok(t, "plan", "--rate", "200", "--retention", "30d", "--duration", "2s", "--parameters", "1KiB", "--concurrency", "20")
	require.Equal(t, "long", plan["kind"])
	require.InDelta(t, 512, plan["historyShards"], 0)
	require.InDelta(t, 29, plan["workerProcesses"], 0)
	table := b.run(t, "plan", "--rate", "200", "--output", "table")
	require.Equal(t, cli.StatusOK, table.status, table.err)
	require.Regexp(t, `history shards +512 +one does 5\.0 tasks/s at 5ms a write`, table.out)
	require.Regexp(t, `tasks in the log +518,400,000`, table.out)
}

func TestTheDocumentationHasThePlans(t *testing.T) {
	t.Parallel()
	b := setup(t)
	page, err := os.ReadFile("../../docs/capacity.md")
	require.NoError(t, err)
	for _, command := range []string{
		"plan --rate 200 --retention 30d --duration 2s --parameters 1KiB --concurrency 20",
		"plan --rate 10000 --average 400 --retention 30d --duration 500ms --concurrency 100",
	} {
		r := b.run(t, append(strings.Fields(command), "--output", "table")...)
		require.Equal(t, cli.StatusOK, r.status, r.err)
		require.Contains(t, string(page), "$ taskctl "+command+"\n"+r.out)
	}
}

func TestPlansThatCannotBe(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for want, args := range map[string][]string{
		"the rate is 0":                       {"plan"},
		`--retention is "month"`:              {"plan", "--rate", "1", "--retention", "month"},
		`--parameters is "much"`:              {"plan", "--rate", "1", "--parameters", "much"},
		"the average is 2":                    {"plan", "--rate", "1", "--average", "2"},
		"no deployment is named; give --name": {"deployment", "show"},
	} {
		r := b.run(t, args...)
		require.Equal(t, cli.StatusUsage, r.status, "%v: %s", args, r.err)
		require.Contains(t, r.err, want)
	}
}
