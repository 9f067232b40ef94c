package cli

import (
	"cmp"
	"strings"

	"github.com/spf13/cobra"
	"go.temporal.io/sdk/client"

	"github.com/distributed-task-queue/taskqueue"
	"github.com/distributed-task-queue/taskqueue/dispatcher"
	"github.com/distributed-task-queue/taskqueue/internal/app"
	"github.com/distributed-task-queue/taskqueue/internal/config"
	"github.com/distributed-task-queue/taskqueue/queueadmin"
)

func (p *program) queueCommand() *cobra.Command {
	return group("queue", "Look at the queues, pause and resume them", p.queueListCommand(), p.queuePauseCommand(), p.queueResumeCommand(),
		p.queueRejectedCommand(), p.queueRestoreCommand())
}

func (p *program) queueListCommand() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the queues with what waits in them", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return p.connected(c.Context(), func(a *app.App) error {
				all, err := a.Client.Queues().List(c.Context())
				if err != nil {
					return err
				}
				return p.print(map[string]any{"queues": all}, queueTable(all...))
			})
		},
	}
}

func (p *program) queuePauseCommand() *cobra.Command {
	var reason string
	c := &cobra.Command{
		Use: "pause NAME", Short: "Keep a queue's tasks from all workers; what runs goes on", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return p.connected(c.Context(), func(a *app.App) error {
				q, err := a.Client.Queues().Pause(c.Context(), args[0], reason)
				if err != nil {
					return err
				}
				return p.print(q, queueTable(q))
			})
		},
	}
	c.Flags().StringVar(&reason, "reason", "", "why, for people")
	return c
}

func (p *program) queueResumeCommand() *cobra.Command {
	return &cobra.Command{
		Use: "resume NAME", Short: "End a queue's pause", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return p.connected(c.Context(), func(a *app.App) error {
				q, err := a.Client.Queues().Resume(c.Context(), args[0])
				if err != nil {
					return err
				}
				return p.print(q, queueTable(q))
			})
		},
	}
}

func queueTable(queues ...queueadmin.Queue) func(*table) {
	return func(t *table) {
		t.row("QUEUE", "WEIGHT", "BROKER", "WAITING", "REJECTED", "DEFAULT", "PAUSED", "ACTIONS", "ERROR")
		for _, q := range queues {
			paused := "-"
			if q.Paused {
				paused = strings.TrimSpace("yes " + q.PauseReason)
			}
			t.row(q.Name, q.Weight, q.Broker, q.Waiting, q.Rejected, map[bool]string{true: "yes"}[q.Default], paused, strings.Join(q.Associations, ", "), cmp.Or(strings.Join(strings.Fields(q.Error), " "), "-")) // on one line
		}
	}
}

// dispatcher returns the routing that is configured. It needs no server.
func (p *program) dispatcher() (*dispatcher.Dispatcher, error) {
	c, logger, err := p.load()
	if err != nil {
		return nil, err
	}
	dial, err := config.TemporalOptions(p.connection, logger, nil)
	if err != nil {
		return nil, err
	}
	settings := c.Client()
	if settings.Temporal, err = client.NewLazyClient(dial); err != nil {
		return nil, err
	}
	defer settings.Temporal.Close()
	tasks, err := taskqueue.New(settings)
	if err != nil {
		return nil, err
	}
	return tasks.Dispatcher(), nil
}
