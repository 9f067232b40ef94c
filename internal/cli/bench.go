package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/distributed-task-queue/taskqueue/internal/app"
	"github.com/distributed-task-queue/taskqueue/internal/bench"
	"github.com/distributed-task-queue/taskqueue/internal/bench/rounds"
	"github.com/distributed-task-queue/taskqueue/internal/config"
)

func (p *program) benchCommand() *cobra.Command {
	o := bench.Config{Race: rounds.Race{Plan: rounds.Plan{Tasks: 2000, Rounds: 10}, Concurrency: 10}}
	c := &cobra.Command{
		Use: "bench", Short: "Measure tasks per second against a hand-written workflow on the same server", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := o.Validate(); err != nil {
				return usagef("%v", err)
			}
			_, logger, err := p.load()
			if err != nil {
				return err
			}
			o.Temporal, err = config.TemporalOptions(p.connection, logger, nil)
			if err != nil {
				return err
			}
			o.Dial = app.Dial
			o.Logger = logger
			o.Progress = func(line string) { _, _ = fmt.Fprintln(p.Err, line) } // a lost line changes no result
			result, err := bench.Run(c.Context(), o)
			if err != nil {
				return err
			}
			return p.print(result, func(t *table) {
				t.row("tasks", result.Tasks)
				t.row("ours", fmt.Sprintf("%.1f tasks/s", result.Ours))
				t.row("baseline", fmt.Sprintf("%.1f tasks/s", result.Baseline))
				t.row("ratio", fmt.Sprintf("%.3f", result.Ratio))
			})
		},
	}
	flags := c.Flags()
	flags.IntVar(&o.Tasks, "tasks", o.Tasks, "how many tasks each side runs, over all rounds")
	flags.BoolVar(&o.Idempotent, "idempotent", false, "measure our fast lane, for short idempotent actions")
	flags.IntVar(&o.Rounds, "rounds", o.Rounds, "in how many rounds, one side after the other in each")
	flags.IntVar(&o.Concurrency, "concurrency", o.Concurrency, "how many tasks are enqueued, and how many run, at a time")
	c.AddCommand(p.benchLogCommand(), p.benchAPICommand(), p.benchBrokerCommand())
	return c
}
