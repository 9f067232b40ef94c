package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/distributed-task-queue/taskqueue/broker"
	"github.com/distributed-task-queue/taskqueue/internal/app"
)

func (p *program) queueRejectedCommand() *cobra.Command {
	var limit int
	var former queueFlags
	c := &cobra.Command{
		Use: "rejected NAME", Short: "List the messages that were set aside because no task can be made of them", Args: cobra.ExactArgs(1),
		Long: "Lists the messages that were set aside because no task can be made of them, and in tables of the PHP system those that one of its workers\n" +
			"has taken. With --broker they are in the store that the queue had before its broker was changed.",
		Example: `  taskctl queue rejected orders
  taskctl queue rejected orders --broker=rds --persistence=default`,
		RunE: func(c *cobra.Command, args []string) error {
			if limit < 1 {
				return usagef("--limit is %d; it must be 1 or more", limit)
			}
			return p.withStore(c, &former, args[0], func(_ *app.App, store broker.Stored) error {
				rejected, err := store.Rejected(c.Context(), args[0], limit)
				if err != nil {
					return err
				}
				return p.print(map[string]any{"rejected": rejected}, func(t *table) {
					t.row("ID", "SENT", "REASON", "BODY")
					for _, r := range rejected {
						t.row(r.ID, moment(r.SentAt), r.Reason, r.Body)
					}
				})
			})
		},
	}
	former.bindStore(c.Flags())
	c.Flags().IntVar(&limit, "limit", 100, "how many at most")
	return c
}

func (p *program) queueRestoreCommand() *cobra.Command {
	var former queueFlags
	c := &cobra.Command{
		Use: "restore NAME [ID...]", Short: "Put messages that were set aside back into the queue", Args: cobra.MinimumNArgs(1),
		Long: "Puts the messages with these ids back into the queue, or without ids all that were set aside. What a worker of the PHP system has taken\n" +
			"is put back only by its id: it runs twice if that worker is still at it. With --broker the messages are in the store that the queue had\n" +
			"before its broker was changed, and are put back there; `taskctl migrate` moves them.",
		RunE: func(c *cobra.Command, args []string) error {
			return p.withStore(c, &former, args[0], func(_ *app.App, store broker.Stored) error {
				restored, err := store.Restore(c.Context(), args[0], args[1:])
				if err != nil {
					return fmt.Errorf("%d were restored, then: %w", restored, err)
				}
				return p.print(map[string]int{"restored": restored}, func(t *table) { t.row("restored", restored) })
			})
		},
	}
	former.bindStore(c.Flags())
	return c
}
