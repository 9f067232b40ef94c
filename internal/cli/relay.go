package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/distributed-task-queue/taskqueue/broker/relay"
	"github.com/distributed-task-queue/taskqueue/internal/app"
)

func (p *program) relayCommand() *cobra.Command {
	var drain bool
	c := &cobra.Command{
		Use: "relay [QUEUE...]", Short: "Hand the tasks of queues with the broker rds or sqs to Temporal",
		Long: "Runs until it is stopped, beside the relays that every worker runs, or with --drain until nothing waits.",
		RunE: func(c *cobra.Command, args []string) error {
			return p.connected(c.Context(), func(a *app.App) error {
				r, err := a.NewRelay(args...)
				if err != nil {
					return err
				}
				if len(r.Queues()) == 0 {
					return usagef("no queue has a broker that keeps tasks of its own, as rds and sqs do, so there is nothing to relay")
				}
				if !drain {
					err = r.Run(c.Context())
				} else {
					_, err = p.drain(c.Context(), r)
				}
				if err != nil {
					return err
				}
				return p.print(r.Counts(), countsTable(r.Counts()))
			})
		},
	}
	c.Flags().BoolVar(&drain, "drain", false, "end when nothing waits any more")
	return c
}

// drain moves what waits, and tells from time to time how far it is.
func (p *program) drain(ctx context.Context, r *relay.Relay) (relay.Counts, error) {
	waiting, err := r.Waiting(ctx)
	if err != nil {
		return relay.Counts{}, err
	}
	telling, stop := context.WithCancel(ctx)
	told := make(chan struct{})
	go func() {
		defer close(told)
		ticker := time.NewTicker(progressInterval)
		defer ticker.Stop()
		for {
			select {
			case <-telling.Done():
				return
			case <-ticker.C:
				_, _ = fmt.Fprintln(p.Err, drained(r.Counts(), waiting)) // a lost line changes no result
			}
		}
	}()
	defer func() { stop(); <-told }()
	return r.Drain(ctx)
}

// drained tells how much is done of what waited at first. Others may have enqueued more since, or moved some of it.
func drained(c relay.Counts, waiting int64) string {
	done := c.Moved + c.Duplicates + c.Rejected
	return fmt.Sprintf("%d of %d: %d moved, %d duplicates, %d set aside", done, max(waiting, done), c.Moved, c.Duplicates, c.Rejected)
}

func countsTable(c relay.Counts) func(*table) {
	return func(t *table) {
		t.row("moved", c.Moved)
		t.row("duplicates", c.Duplicates)
		t.row("set aside", c.Rejected)
	}
}
