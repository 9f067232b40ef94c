package cli

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/distributed-task-queue/taskqueue/internal/app"
	"github.com/distributed-task-queue/taskqueue/internal/setup"
)

func (p *program) initCommand() *cobra.Command {
	var retention time.Duration
	var change queueFlags
	c := &cobra.Command{
		Use: "init", Short: "Make a Temporal server ready for tasks, and switch queues to another broker; may be repeated", Args: cobra.NoArgs,
		Long: "Registers the namespace and the search attributes if they are missing, waits until the server accepts them,\n" +
			"and creates what the queues need to be stored. It may be repeated.\n\n" +
			"With --broker, the broker of the queue, or of all queues, is changed in the configuration file first, which keeps its comments.\n" +
			"What waits in the store of the former broker stays there: `taskctl migrate` moves it.",
		Example: `  taskctl init
  taskctl init --broker=rds --persistence=default --receive=50 --queue=orders
  taskctl init --broker=sqs --aws-profile=production --strategy=strict`,
		RunE: func(c *cobra.Command, _ []string) error {
			result := struct {
				Initialized bool     `json:"initialized"`
				Steps       []string `json:"steps"`
			}{Initialized: true}
			changed, err := change.apply(p.config, c.Flags())
			if err != nil {
				return err
			}
			if changed {
				result.Steps = append(result.Steps, "Queue service re-registered.")
			}
			settings, logger, err := p.load()
			if err != nil {
				return err
			}
			err = app.SetUp(c.Context(), settings, app.Options{Connection: p.connection, Logger: logger}, setup.Options{
				Retention: retention,
				Progress:  func(step string) { result.Steps = append(result.Steps, step) },
			})
			if err != nil && changed {
				err = fmt.Errorf("the configuration is changed, but not all is initialized; run `taskctl init` again, or change it back: %w", err)
			}
			if err != nil {
				return err
			}
			return p.print(result, func(t *table) {
				for _, step := range result.Steps {
					t.row(step)
				}
			})
		},
	}
	c.Flags().DurationVar(&retention, "retention", setup.DefaultRetention, "how long a namespace that is registered keeps finished tasks")
	change.bind(c.Flags())
	c.Flags().StringVar(&change.strategy, "strategy", "", "which queue a worker takes the next task from, weight or strict")
	c.Flags().StringVar(&change.queue, "queue", "", "the queue to switch (default: all)")
	return c
}
