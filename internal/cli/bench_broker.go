package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/distributed-task-queue/taskqueue/internal/app"
	"github.com/distributed-task-queue/taskqueue/internal/bench/brokerbench"
	"github.com/distributed-task-queue/taskqueue/internal/bench/rounds"
	"github.com/distributed-task-queue/taskqueue/internal/config"
)

func (p *program) benchBrokerCommand() *cobra.Command {
	o := brokerbench.Config{Race: rounds.Race{Plan: rounds.Plan{Tasks: 5000, Rounds: 5}, Concurrency: 16}}
	var of queueFlags
	c := &cobra.Command{
		Use: "broker", Short: "Measure how many tasks per second a relay moves against enqueuing directly on the same server", Args: cobra.NoArgs,
		Long: "Nobody runs the tasks, and they are deleted afterwards. The stores are those of queues named " +
			brokerbench.Queue + "-N, which are made and stay.",
		Example: `  taskctl bench broker --broker=rds --persistence=default
  taskctl bench broker --broker=sqs --order=owner`,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := o.Validate(); err != nil {
				return usagef("%v", err)
			}
			if of.broker == "" {
				return usagef("which broker? Give --broker=rds or --broker=sqs")
			}
			if err := of.check(c.Flags()); err != nil {
				return err
			}
			return p.connected(c.Context(), func(a *app.App) error {
				brokers := a.NewBrokers()
				defer func() { _ = brokers.Close() }() // all has been settled
				store, err := openStore(c.Context(), a, brokers, of.former(config.Config{}, brokerbench.Queue, c.Flags()))
				if err != nil {
					return err
				}
				o.Temporal, o.Namespace, o.Store, o.Logger = a.Temporal, a.Namespace, store, a.Logger
				o.Progress = func(line string) { _, _ = fmt.Fprintln(p.Err, line) } // a lost line changes no result
				result, err := brokerbench.Run(c.Context(), o)
				if err != nil {
					return err
				}
				return p.print(result, func(t *table) {
					t.row("broker", result.Broker)
					t.row("tasks", result.Tasks)
					t.row("relay", fmt.Sprintf("%.1f tasks/s", result.Relay))
					t.row("direct", fmt.Sprintf("%.1f tasks/s", result.Direct))
					t.row("ratio", fmt.Sprintf("%.3f", result.Ratio))
				})
			})
		},
	}
	of.bind(c.Flags())
	c.Flags().IntVar(&o.Tasks, "tasks", o.Tasks, "how many tasks each side hands to Temporal, over all rounds")
	c.Flags().IntVar(&o.Rounds, "rounds", o.Rounds, "in how many rounds, one side after the other in each")
	c.Flags().IntVar(&o.Concurrency, "concurrency", o.Concurrency, "how many tasks are enqueued directly at a time")
	return c
}
