package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/distributed-task-queue/taskqueue/broker"
	"github.com/distributed-task-queue/taskqueue/broker/rds"
	"github.com/distributed-task-queue/taskqueue/internal/app"
	"github.com/distributed-task-queue/taskqueue/internal/config"
)

func (p *program) migrateCommand() *cobra.Command {
	var from queueFlags
	var to string
	c := &cobra.Command{
		Use: "migrate QUEUE", Short: "Move what waits in a queue's store to another queue or broker", Args: cobra.ExactArgs(1),
		Long: "Moves the tasks that wait in the store of QUEUE, which has the broker rds or sqs, to the queue --to. With --broker the store is that\n" +
			"which QUEUE had before its broker was changed, and the tasks go to its present broker.\n\n" +
			"It may be stopped, or killed, and run again: a task leaves the store only when it has arrived, and its id makes it run once.",
		Example: `  taskctl init --queue=orders --broker=sqs
  taskctl migrate orders --broker=rds --persistence=default
  taskctl migrate orders --to=imports`,
		RunE: func(c *cobra.Command, args []string) error {
			if err := from.check(c.Flags()); err != nil {
				return err
			}
			if from.broker == "" && (to == "" || to == args[0]) {
				return usagef("where to? Name another queue with --to, or with --broker the broker that queue %q had before", args[0])
			}
			return p.connected(c.Context(), func(a *app.App) error {
				to := cmp.Or(to, args[0])
				for _, name := range []string{args[0], to} {
					if _, err := a.Client.Dispatcher().Queue(name); err != nil {
						return err
					}
				}
				store, closeIt, err := openStore(c.Context(), a, from.former(a.Config, args[0]))
				if err != nil {
					return err
				}
				defer closeIt()
				r, err := a.Client.NewMigration(c.Context(), args[0], store, to, a.Config.Relay.PHPActions)
				if err != nil {
					return err
				}
				counts, err := p.drain(c.Context(), r)
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

// former returns the configuration of the queue that is emptied: the present one, or that of the flags.
func (q *queueFlags) former(c config.Config, name string) config.Queue {
	present := config.Queue{Name: name}
	if i := slices.IndexFunc(c.Queues, func(one config.Queue) bool { return one.Name == name }); i >= 0 {
		present = c.Queues[i]
	}
	if q.broker == "" {
		return present
	}
	order := broker.Order(q.order)
	if q.broker == rds.Name { // tables are the same with every order, so what is wanted of the queue now decides
		order = cmp.Or(order, present.Order)
	}
	return config.Queue{
		Name: name, Broker: q.broker, Persistence: q.persistence, Receive: q.receive, Order: order, AWSProfile: q.awsProfile,
	}
}

// openStore opens the store of a queue that need not be the configuration's.
func openStore(ctx context.Context, a *app.App, from config.Queue) (broker.Stored, func(), error) {
	if _, known := a.Config.Persistences[from.Persistence]; from.Broker == rds.Name && !known {
		return nil, nil, usagef("--persistence is %q, which is not one of persistences in the configuration", from.Persistence)
	}
	brokers := a.NewBrokers()
	opened, err := brokers.Open(ctx, from)
	if err != nil {
		return nil, nil, errors.Join(err, brokers.Close())
	}
	closeIt := func() { _ = brokers.Close() } // all has been settled
	store, ok := opened.(broker.Stored)
	if !ok {
		closeIt()
		return nil, nil, usagef("the broker of queue %q is %s, which keeps no tasks of its own; only rds and sqs do", from.Name,
			cmp.Or(from.Broker, config.BrokerTemporal))
	}
	return store, closeIt, nil
}
