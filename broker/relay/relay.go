// Package relay moves tasks from the stores of brokers to Temporal.
//
// A relay is at least once: it deletes a message only after Temporal has the task, so one that is killed in between hands the same task over
// again. Temporal refuses the second start of an id, so the task runs once.
package relay

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/distributed-task-queue/taskqueue/broker"
	"github.com/distributed-task-queue/taskqueue/task"
)

// The defaults of Config.
const (
	DefaultConcurrency  = 16
	DefaultPollInterval = 200 * time.Millisecond
	// DefaultHandOverTimeout leaves time for the attempts of Temporal's SDK.
	DefaultHandOverTimeout = 10 * time.Second
)

const (
	settleTimeout   = 10 * time.Second
	readyTimeout    = 10 * time.Second
	measureInterval = 15 * time.Second
	firstBackoff    = 100 * time.Millisecond
	maxBackoff      = 10 * time.Second
)

// Target takes the tasks. A *task.DuplicateError says that it has the task already.
type Target interface {
	Enqueue(ctx context.Context, t *task.Task) error
}

// Source is a queue and the store that its tasks wait in.
type Source struct {
	Queue string
	Store broker.Stored
}

// Config says what is moved where. Sources and Target are required.
type Config struct {
	Sources []Source
	Target  Target
	// Exists reports whether the target has a task of this id, for messages whose task is already gone from elsewhere. Default: it has not.
	Exists func(ctx context.Context, id task.ID) (bool, error)
	// Ready returns nil when the target takes tasks. It is asked before the first messages are received, and again after one could not be
	// handed over. Default: it always does.
	Ready func(ctx context.Context) error
	// Prepare completes a task before it is validated and handed over; foreign says that its message is of the PHP system. Default:
	// nothing is left to do.
	Prepare func(t *task.Task, foreign bool) error
	// PHPActions maps classes of the PHP system to actions. Default: an action has the name of the class.
	PHPActions map[string]string
	// Concurrency is how many tasks of a queue are handed over at a time. Default: DefaultConcurrency.
	Concurrency int
	// HandOverTimeout is how long it may take to hand over one task; less than 0 means any time. Default: DefaultHandOverTimeout.
	HandOverTimeout time.Duration
	// PollInterval is how long to wait after a queue was empty. Default: DefaultPollInterval.
	PollInterval time.Duration
	// Logger gets what is set aside and what goes wrong. Default: slog.Default().
	Logger *slog.Logger
}

// WithDefaults returns a copy of the configuration in which every default is filled in.
func (c Config) WithDefaults() Config {
	c.Concurrency = cmp.Or(c.Concurrency, DefaultConcurrency)
	c.HandOverTimeout = cmp.Or(c.HandOverTimeout, DefaultHandOverTimeout)
	c.PollInterval = cmp.Or(c.PollInterval, DefaultPollInterval)
	c.Logger = cmp.Or(c.Logger, slog.Default())
	if c.Exists == nil {
		c.Exists = func(context.Context, task.ID) (bool, error) { return false, nil }
	}
	if c.Ready == nil {
		c.Ready = func(context.Context) error { return nil }
	}
	if c.Prepare == nil {
		c.Prepare = func(*task.Task, bool) error { return nil }
	}
	return c
}

// awaitReady waits until the target takes tasks, or ctx ends. It pauses longer each time, and tells what each question was answered.
func (c Config) awaitReady(ctx context.Context, backoff time.Duration, tell func(error)) {
	for ; ctx.Err() == nil; backoff = min(2*backoff, maxBackoff) {
		asking, cancel := context.WithTimeout(ctx, readyTimeout)
		err := c.Ready(asking)
		cancel()
		if tell(err); err == nil {
			return
		}
		pause(ctx, backoff)
	}
}

// Relay moves tasks. It is a prometheus.Collector.
type Relay struct {
	config Config
	lines  []*line
}

// New returns a relay. It makes no call.
func New(c Config) (*Relay, error) {
	if c.Target == nil {
		return nil, errors.New("relay: Config.Target is nil")
	}
	if c.Concurrency < 0 {
		return nil, errors.New("relay: Config.Concurrency is negative")
	}
	r := &Relay{config: c.WithDefaults()}
	for _, s := range c.Sources {
		r.lines = append(r.lines, newLine(r.config, s))
	}
	return r, nil
}

// Run moves tasks until ctx ends. What goes wrong is logged when it begins and when it ends, and never ends Run: the relay waits and tries
// again.
func (r *Relay) Run(ctx context.Context) error {
	var running errgroup.Group
	for _, l := range r.lines {
		running.Go(func() error { l.measure(ctx); return nil })
	}
	if len(r.lines) > 0 {
		// So nothing is received in vain, and the connection's first call, for which the client of Temporal's SDK is not safe for concurrent
		// use if it is lazy, is this one alone.
		r.config.awaitReady(ctx, firstBackoff, func(err error) {
			for _, l := range r.lines {
				l.note(ctx, err)
			}
		})
	}
	for _, l := range r.lines {
		for range max(l.traits.Receivers, 1) {
			running.Go(func() error { l.run(ctx); return nil })
		}
	}
	<-ctx.Done() // also if there is nothing to move
	return running.Wait()
}

// Queues returns the queues whose tasks are moved.
func (r *Relay) Queues() []string {
	queues := make([]string, len(r.lines))
	for i, l := range r.lines {
		queues[i] = l.Queue
	}
	return queues
}

// Waiting returns how many messages wait in the stores.
func (r *Relay) Waiting(ctx context.Context) (waiting int64, err error) {
	for _, l := range r.lines {
		backlog, err := l.Store.Backlog(ctx, l.Queue)
		if err != nil {
			return 0, err
		}
		waiting += backlog.Waiting
	}
	return waiting, nil
}

// Drain moves what waits now, and returns when all of it has been moved or set aside. Unlike Run it returns the first error. Meanwhile Counts
// tells how far it is.
func (r *Relay) Drain(ctx context.Context) (Counts, error) {
	for _, l := range r.lines {
		if err := l.drain(ctx); err != nil {
			return r.Counts(), err
		}
	}
	return r.Counts(), nil
}
