package cli

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/spf13/pflag"

	"github.com/distributed-task-queue/taskqueue/broker"
	"github.com/distributed-task-queue/taskqueue/broker/rds"
	"github.com/distributed-task-queue/taskqueue/dispatcher"
	"github.com/distributed-task-queue/taskqueue/internal/config"
	"github.com/distributed-task-queue/taskqueue/worker"
)

// queueFlags say how a queue of the configuration file is to be.
type queueFlags struct {
	queue, broker, persistence, order, awsProfile, strategy string
	receive                                                 int
}

func (q *queueFlags) bind(flags *pflag.FlagSet) {
	q.bindStore(flags)
	flags.IntVar(&q.receive, "receive", 0, "how many messages a relay takes at a time (default: 100 for rds, 10 for sqs)")
}

// bindStore binds what says which store a queue has.
func (q *queueFlags) bindStore(flags *pflag.FlagSet) {
	flags.StringVar(&q.broker, "broker", "", "how tasks get in: "+strings.Join(config.Brokers(), ", "))
	flags.StringVar(&q.persistence, "persistence", "", "the database of the broker rds: one of persistences in the configuration")
	flags.StringVar(&q.awsProfile, "aws-profile", "", "the profile of AWS's configuration files for the broker sqs")
	flags.StringVar(&q.order, "order", "", "which tasks a relay hands over one after another: queue or owner (default: none); sqs makes a FIFO queue of it")
}

// batch is how many messages a relay takes at a time. The PHP system takes the absolute value.
func (q *queueFlags) batch() int { return max(q.receive, -q.receive) }

// fields returns what the flags that were given set in the queue's configuration.
func (q *queueFlags) fields(flags *pflag.FlagSet) yaml.MapSlice {
	var fields yaml.MapSlice
	for _, f := range []struct {
		flag, key string
		value     any
	}{
		{"broker", "broker", q.broker},
		{"persistence", "persistence", q.persistence},
		{"receive", "receive", q.batch()},
		{"order", "order", q.order},
		{"aws-profile", "awsProfile", q.awsProfile},
	} {
		if flags.Changed(f.flag) {
			fields = append(fields, yaml.MapItem{Key: f.key, Value: f.value})
		}
	}
	return fields
}

// forgetReceive sets the former broker's batch size, which the new one may not take, back to the default.
func (q *queueFlags) forgetReceive(former config.Queue, fields yaml.MapSlice, flags *pflag.FlagSet) yaml.MapSlice {
	if former.Receive == 0 || !flags.Changed("broker") || flags.Changed("receive") || q.broker == cmp.Or(former.Broker, config.BrokerTemporal) {
		return fields
	}
	return append(slices.Clip(fields), yaml.MapItem{Key: "receive", Value: 0})
}

// check refuses what the PHP system refuses, in its words.
func (q *queueFlags) check(flags *pflag.FlagSet) error {
	if flags.Changed("broker") && !slices.Contains(config.Brokers(), q.broker) {
		return usagef("Broker %q is not a valid broker option. Valid options: %s", q.broker, strings.Join(config.Brokers(), ", "))
	}
	if q.broker == rds.Name && q.persistence == "" {
		return usagef("Persistence id (--persistence=...) needs to be set for SQL.")
	}
	if _, err := broker.ParseOrder(q.order); err != nil {
		return usagef("--order: %v", err)
	}
	if _, err := worker.ParseStrategy(q.strategy); q.strategy != "" && err != nil {
		return usagef("Strategy %q does not exist. Strategies are weight and strict", q.strategy)
	}
	return nil
}

// apply changes the configuration file as the flags say, and reports whether they say anything.
func (q *queueFlags) apply(file string, flags *pflag.FlagSet) (bool, error) {
	if err := q.check(flags); err != nil {
		return false, err
	}
	fields := q.fields(flags)
	if len(fields) == 0 && flags.Changed("queue") && q.strategy == "" {
		return false, usagef("--queue needs --broker, or another flag that says what to change")
	}
	if len(fields) == 0 && q.strategy == "" {
		return false, nil
	}
	e, err := config.Edit(file, os.Environ())
	if err != nil {
		return false, err
	}
	present, err := e.Config()
	if err != nil {
		return false, err
	}
	names := make([]string, len(present.Queues))
	for i, one := range present.Queues {
		names[i] = one.Name
	}
	if q.queue != "" && !slices.Contains(names, q.queue) {
		return false, &dispatcher.UnknownQueueError{Name: q.queue, Known: names}
	}
	var errs []error
	for _, one := range present.Queues {
		if len(fields) > 0 && (q.queue == "" || q.queue == one.Name) {
			errs = append(errs, e.SetQueue(one.Name, q.forgetReceive(one, fields, flags)))
		}
	}
	if q.strategy != "" {
		errs = append(errs, e.SetStrategy(q.strategy))
	}
	if err := errors.Join(errs...); err != nil {
		return false, err
	}
	if err := e.Save(); err != nil {
		return false, fmt.Errorf("nothing was changed: %w", err)
	}
	return true, nil
}
