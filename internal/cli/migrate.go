package cli

import (
	"cmp"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/distributed-task-queue/taskqueue/broker"
	"github.com/distributed-task-queue/taskqueue/internal/app"
)

func (p *program) migrateCommand() *cobra.Command {
	var from queueFlags
	var to string
	c := &cobra.Command{
		Use: "migrate QUEUE", Short: "Move what waits in a queue's store to another queue or broker", Args: cobra.ExactArgs(1),
		Long: "Moves the tasks that wait in the store of QUEUE, which has the broker rds or sqs, to the queue --to. With --broker the store is that\n" +
			"which QUEUE had before its broker was changed, and the tasks go to its present broker. Programs that enqueue must have been started\n" +
			"again since then, or must be followed by another run: they put tasks into the former store until then.\n\n" +
			"It may be stopped, or killed, and run again: a task leaves the store only when it has arrived, and its id makes it run once.",
		Example: `  taskctl init --queue=orders --broker=sqs
  taskctl migrate orders --broker=rds --persistence=default
  taskctl migrate orders --to=imports`,
		RunE: func(c *cobra.Command, args []string) error {
			if from.broker == "" && (to == "" || to == args[0]) {
				return usagef("where to? Name another queue with --to, or with --broker the broker that queue %q had before", args[0])
			}
			return p.withStore(c, &from, args[0], func(a *app.App, store broker.Stored) error {
				r, err := a.Client.NewMigration(c.Context(), args[0], store, cmp.Or(to, args[0]), a.Config.Relay.PHPActions)
				if err != nil {
					return err
				}
				counts, err := p.drain(c.Context(), r)
				if counts.Rejected > 0 {
					_, _ = fmt.Fprintf(p.Err, "%d messages were set aside in the store that they came from. List them with `taskctl queue rejected %s%s`.\n",
						counts.Rejected, args[0], given(c.Flags())) // a lost line changes no result
				}
				if err != nil {
					return fmt.Errorf("%d were moved, then: %w; run it again to go on", counts.Moved, err)
				}
				return p.print(counts, countsTable(counts))
			})
		},
	}
	from.bind(c.Flags())
	c.Flags().StringVar(&to, "to", "", "the queue that the tasks go to (default: QUEUE itself)")
	return c
}
