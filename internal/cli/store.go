package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/distributed-task-queue/taskqueue/broker"
	"github.com/distributed-task-queue/taskqueue/broker/rds"
	"github.com/distributed-task-queue/taskqueue/internal/app"
	"github.com/distributed-task-queue/taskqueue/internal/config"
)

// withStore runs do with the store of the queue: the present one, or that of the flags, which it had before.
func (p *program) withStore(c *cobra.Command, from *queueFlags, queue string, do func(*app.App, broker.Stored) error) error {
	if err := from.check(c.Flags()); err != nil {
		return err
	}
	if from.broker == "" && len(from.fields(c.Flags())) > 0 {
		return usagef("--persistence, --receive, --order and --aws-profile tell of a store that queue %q had before, and need its --broker", queue)
	}
	return p.connected(c.Context(), func(a *app.App) error {
		if _, err := a.Client.Dispatcher().Queue(queue); err != nil {
			return err
		}
		brokers := a.NewBrokers()
		defer func() { _ = brokers.Close() }() // all has been settled
		store, err := a.Client.StoreOf(queue)
		if from.broker != "" {
			store, err = openStore(c.Context(), a, brokers, from.former(a.Config, queue, c.Flags()))
		}
		if err != nil {
			return err
		}
		return do(a, store)
	})
}

// former returns the configuration that the queue had before. What the flags do not say has not been changed.
func (q *queueFlags) former(c config.Config, name string, flags *pflag.FlagSet) config.Queue {
	former := config.Queue{Name: name}
	if i := slices.IndexFunc(c.Queues, func(one config.Queue) bool { return one.Name == name }); i >= 0 {
		former = c.Queues[i]
	}
	former.Broker, former.Persistence, former.Receive = q.broker, q.persistence, q.batch()
	if flags.Changed("order") {
		former.Order = broker.Order(q.order)
	}
	if flags.Changed("aws-profile") {
		former.AWSProfile = q.awsProfile
	}
	return former
}

// openStore opens the store of a queue that need not be the configuration's.
func openStore(ctx context.Context, a *app.App, brokers *app.Brokers, from config.Queue) (broker.Stored, error) {
	if _, known := a.Config.Persistences[from.Persistence]; from.Broker == rds.Name && !known {
		return nil, usagef("--persistence is %q, which is not one of persistences in the configuration", from.Persistence)
	}
	opened, err := brokers.Open(ctx, from)
	if err != nil {
		return nil, err
	}
	store, ok := opened.(broker.Stored)
	if !ok {
		return nil, usagef("the broker %s keeps no tasks of its own; only rds and sqs do", from.Broker)
	}
	return store, nil
}

// given writes the flags that name a former store as they were given.
func given(flags *pflag.FlagSet) string {
	var text strings.Builder
	for _, name := range []string{"broker", "persistence", "order", "aws-profile"} {
		if flags.Changed(name) {
			fmt.Fprintf(&text, " --%s=%s", name, flags.Lookup(name).Value)
		}
	}
	return text.String()
}
