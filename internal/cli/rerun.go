package cli

import (
	"github.com/spf13/cobra"

	taskqueue "github.com/distributed-task-queue/taskqueue"
	"github.com/distributed-task-queue/taskqueue/internal/app"
	"github.com/distributed-task-queue/taskqueue/task"
)

func (p *program) rerunCommand() *cobra.Command {
	var options taskqueue.Options
	c := &cobra.Command{
		Use: "rerun ID", Short: "Enqueue a new task with the action, parameters, label and category of another", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return p.connected(c.Context(), func(a *app.App) error {
				again, err := a.Client.Rerun(c.Context(), task.ID(args[0]), &options)
				if err != nil {
					return err
				}
				return p.printCreated(c.Context(), a, again)
			})
		},
	}
	c.Flags().StringVar(&options.Owner, "owner", "", "who the new task belongs to (default: owner of the configuration)")
	return c
}
