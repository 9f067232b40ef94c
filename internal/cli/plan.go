package cli

import (
	"fmt"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"github.com/distributed-task-queue/taskqueue/internal/capacity"
)

func (p *program) planCommand() *cobra.Command {
	l := capacity.Load{Duration: 100 * time.Millisecond, Queues: 1, Concurrency: 10, WriteLatency: 5 * time.Millisecond}
	var retention, parameters string
	c := &cobra.Command{
		Use: "plan", Short: "Compute what a number of tasks needs: history shards, database, index and workers", Args: cobra.NoArgs,
		Long:    "Computes from measurements, which docs/capacity.md explains, what a number of tasks needs. It asks no server.",
		Example: "  taskctl plan --rate 200 --retention 30d --duration 2s --parameters 1KiB --concurrency 20",
		RunE: func(*cobra.Command, []string) error {
			var err error
			if l.Retention, err = parseDays("retention", retention); err != nil {
				return err
			}
			if l.Parameters, err = humanize.ParseBytes(parameters); err != nil {
				return usagef("--parameters is %q; give a size such as 500B or 1KiB", parameters)
			}
			if err := l.Validate(); err != nil {
				return usagef("%v", err)
			}
			plan := capacity.For(l)
			return p.print(plan, func(t *table) { planTable(t, l, plan) })
		},
	}
	flags := c.Flags()
	flags.Float64Var(&l.Rate, "rate", 0, "tasks per second when most are enqueued; required")
	flags.Float64Var(&l.Average, "average", 0, "tasks per second on average, for what is stored (default: --rate)")
	flags.StringVar(&retention, "retention", "30d", "how long finished tasks are kept, in days or as in 12h")
	flags.DurationVar(&l.Duration, "duration", l.Duration, "how long an action takes")
	flags.StringVar(&parameters, "parameters", "1KiB", "how much a task's parameters are")
	flags.IntVar(&l.Queues, "queues", l.Queues, "how many queues there are")
	flags.IntVar(&l.Concurrency, "concurrency", l.Concurrency, "how many tasks a worker process runs at a time")
	flags.DurationVar(&l.WriteLatency, "write-latency", l.WriteLatency, "how long Temporal's database takes for a small transaction")
	flags.BoolVar(&l.Fast, "fast", false, "the actions are fast ones: short and idempotent")
	return c
}

func planTable(t *table, l capacity.Load, plan capacity.Plan) {
	size := func(bytes float64) string { return humanize.Bytes(uint64(bytes)) }
	count := func(n float64) string { return humanize.CommafWithDigits(n, 0) }
	t.row("Temporal")
	t.row("  history shards", plan.HistoryShards,
		fmt.Sprintf("one does %.1f tasks/s at %s a write; their number cannot be changed later", plan.TasksPerShard, l.WriteLatency))
	t.row("  history of a task", size(plan.HistoryBytes), fmt.Sprintf("%d events", plan.HistoryEvents))
	t.row("Database")
	t.row("  statements that write", count(plan.StatementsRate)+"/s")
	t.row("  commits", count(plan.CommitsRate)+"/s")
	t.row("  write-ahead log", size(plan.WriteAheadLogRate)+"/s")
	t.row("  size", size(plan.DatabaseSize), "packed; leave room for bloat and the write-ahead log")
	t.row("Elasticsearch")
	t.row("  tasks in the log", count(plan.Tasks))
	t.row("  writes", count(plan.IndexWritesRate)+"/s")
	t.row("  size", size(plan.IndexSize), "each replica takes as much again")
	t.row("  shards", plan.IndexShards)
	t.row("Workers")
	t.row("  permits", plan.Permits)
	t.row("  processes", plan.Workers, fmt.Sprintf("of %d permits", l.Concurrency))
	t.row("  open polls", plan.Polls, fmt.Sprintf("%d of each process; %.1f/s while idle", plan.PollsPerWorker, plan.PollsPerSecondIdle))
}
