package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/distributed-task-queue/taskqueue/internal/app"
	"github.com/distributed-task-queue/taskqueue/internal/bench/apibench"
	"github.com/distributed-task-queue/taskqueue/internal/bench/rounds"
	"github.com/distributed-task-queue/taskqueue/internal/config"
)

func (p *program) benchAPICommand() *cobra.Command {
	o := apibench.Config{Plan: rounds.Plan{Tasks: 1000, Rounds: 10}}
	c := &cobra.Command{
		Use: "api", Short: "Measure how long enqueuing takes through the REST API, against the Go client on the same server", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := o.Validate(); err != nil {
				return usagef("%v", err)
			}
			_, logger, err := p.load()
			if err != nil {
				return err
			}
			options, err := config.TemporalOptions(p.connection, logger, nil)
			if err != nil {
				return err
			}
			if o.Temporal, err = app.Dial(c.Context(), options); err != nil {
				return err
			}
			defer o.Temporal.Close()
			o.Namespace, o.Logger = options.Namespace, logger
			o.Progress = func(line string) { _, _ = fmt.Fprintln(p.Err, line) } // a lost line changes no result
			result, err := apibench.Run(c.Context(), o)
			if err != nil {
				return err
			}
			return p.print(result, func(t *table) {
				t.row("", "P50", "P95")
				t.row("API", fmt.Sprintf("%.2f ms", result.API.P50), fmt.Sprintf("%.2f ms", result.API.P95))
				t.row("client", fmt.Sprintf("%.2f ms", result.Client.P50), fmt.Sprintf("%.2f ms", result.Client.P95))
				t.row("ratio", "", fmt.Sprintf("%.3f", result.Ratio))
			})
		},
	}
	flags := c.Flags()
	flags.IntVar(&o.Tasks, "tasks", o.Tasks, "how many tasks each side enqueues, over all rounds")
	flags.IntVar(&o.Rounds, "rounds", o.Rounds, "in how many rounds")
	return c
}
