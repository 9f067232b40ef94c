package capacity_test

import (
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/distributed-task-queue/taskqueue/internal/capacity"
)

func load() capacity.Load {
	return capacity.Load{
		Rate: 200, Retention: 30 * 24 * time.Hour, Duration: 2 * time.Second, Parameters: 1024, Queues: 2, Concurrency: 20,
		WriteLatency: 5 * time.Millisecond,
	}
}

func TestAPlan(t *testing.T) {
	t.Parallel()
	p := capacity.For(load())
	require.Equal(t, capacity.Long, p.Kind)
	require.InDelta(t, 3.85, p.TasksPerShard, 0.01, "a quarter of what thirteen writes of 5 ms allow, one after another: ten for a new task, three to delete an old one")
	require.Equal(t, 512, p.HistoryShards)
	require.InDelta(t, 518.4e6, p.Tasks, 1)
	require.Equal(t, 20, p.IndexShards, "580 GB in shards of 30 GB")
	require.Equal(t, 575, p.Permits, "200/s for 2.01 s, seven tenths busy")
	require.Equal(t, 29, p.Workers)
	require.Equal(t, 41, p.PollsPerWorker, "two queues with ten and ten, and the system's")
	require.Equal(t, 29*41, p.Polls)
}

func TestAPlanForTenThousandTasksPerSecond(t *testing.T) {
	t.Parallel()
	l := load()
	l.Rate, l.Average, l.Duration = 10_000, 1_000, 50*time.Millisecond
	p := capacity.For(l)
	require.Equal(t, capacity.Short, p.Kind)
	require.Equal(t, 2048, p.HistoryShards, "(10,000 × 7 + 1,000 × 3) writes of 5 ms, a quarter busy, are 1,460")
	require.InDelta(t, 383_000, p.StatementsRate, 1, "10,000 × 37, and 1,000 × 13 for those that are deleted")
	require.InDelta(t, 2.592e9, p.Tasks, 1, "what is stored follows from the average")

	l.Fast = true
	fast := capacity.For(l)
	require.Equal(t, capacity.Fast, fast.Kind)
	require.Less(t, fast.StatementsRate, p.StatementsRate)
}

func TestASmallPlanCanLoseAWorker(t *testing.T) {
	t.Parallel()
	l := load()
	l.Rate, l.Duration, l.Retention = 0.1, 0, time.Hour
	p := capacity.For(l)
	require.Equal(t, 2, p.Workers)
	require.Equal(t, 1, p.IndexShards)
}

func TestLoadsThatCannotBe(t *testing.T) {
	t.Parallel()
	for reason, change := range map[string]func(*capacity.Load){
		"the rate is 0":             func(l *capacity.Load) { l.Rate = 0 },
		"not more than the rate":    func(l *capacity.Load) { l.Average = 201 },
		"the retention is 0s":       func(l *capacity.Load) { l.Retention = 0 },
		"the duration is -1s":       func(l *capacity.Load) { l.Duration = -time.Second },
		"the queues is 0":           func(l *capacity.Load) { l.Queues = 0 },
		"the concurrency is 0":      func(l *capacity.Load) { l.Concurrency = 0 },
		"the write latency is -5ms": func(l *capacity.Load) { l.WriteLatency = -5 * time.Millisecond },
	} {
		l := load()
		require.NoError(t, l.Validate())
		change(&l)
		require.ErrorContains(t, l.Validate(), reason)
	}
}

func TestTheDocumentationHasTheConstants(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/capacity.md")
	require.NoError(t, err)
	for _, c := range capacity.Constants() {
		unit := c.Unit
		if unit != "" {
			unit = " " + unit
		}
		require.Contains(t, string(page), fmt.Sprintf("| %s | %s%s | %s |\n", c.Name, strconv.FormatFloat(c.Value, 'f', -1, 64), unit, c.Source))
	}
}
