package cli

import (
	"time"

	"github.com/spf13/cobra"

	"github.com/distributed-task-queue/taskqueue/internal/app"
	"github.com/distributed-task-queue/taskqueue/internal/setup"
)

func (p *program) initCommand() *cobra.Command {
	var retention time.Duration
	c := &cobra.Command{
		Use: "init", Short: "Make a Temporal server ready for tasks; may be repeated", Args: cobra.NoArgs,
		Long: "Registers the namespace and the search attributes if they are missing, waits until the server accepts them,\n" +
			"and creates what the queues need to be stored. It may be repeated.",
		RunE: func(c *cobra.Command, _ []string) error {
			settings, logger, err := p.load()
			if err != nil {
				return err
			}
			result := struct {
				Initialized bool     `json:"initialized"`
				Steps       []string `json:"steps"`
			}{Initialized: true}
			err = app.SetUp(c.Context(), settings, app.Options{Connection: p.connection, Logger: logger}, setup.Options{
				Retention: retention,
				Progress:  func(step string) { result.Steps = append(result.Steps, step) },
			})
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
	return c
}
