// Package bench measures how many tasks per second the task queue runs, against a hand-written workflow with one
// activity on the same server.
package bench

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/interceptor"
	"golang.org/x/sync/errgroup"

	"github.com/distributed-task-queue/taskqueue/internal/bench/rounds"
	"github.com/distributed-task-queue/taskqueue/task"
)

// Config says what is measured. All fields are required but Progress. Concurrency is how many tasks each side enqueues at a time, and how many
// its worker runs at a time.
type Config struct {
	rounds.Race

	// Idempotent declares our action idempotent and fast, which the baseline has no counterpart for.
	Idempotent bool
	// Temporal are the options of the connection.
	Temporal client.Options
	// Dial connects with these options.
	Dial   func(context.Context, client.Options) (client.Client, error)
	Logger *slog.Logger
}

// Result is what was measured.
type Result struct {
	Tasks       int  `json:"tasks"` // of each side
	Rounds      int  `json:"rounds"`
	Concurrency int  `json:"concurrency"`
	Idempotent  bool `json:"idempotent"`
	// Ours and Baseline are tasks per second, over all rounds, from the first start of a round to its last end.
	Ours     float64 `json:"ours"`
	Baseline float64 `json:"baseline"`
	// Ratio is ours by baseline: the median of the rounds' ratios, so that one bad round does not count.
	Ratio float64 `json:"ratio"`
}

// side is one of the two that are compared.
type side interface {
	// start enqueues one task.
	start(ctx context.Context, id task.ID) error
	// run runs the worker until ctx ends.
	run(ctx context.Context) error
}

// Run measures. Both sides have queues of their own, which no other program uses.
func Run(ctx context.Context, c Config) (Result, error) {
	if err := c.Validate(); err != nil {
		return Result{}, fmt.Errorf("bench: %w", err)
	}
	done := newCompletions()
	options := c.Temporal
	options.Interceptors = append(slices.Clone(options.Interceptors), interceptor.ClientInterceptor(done))
	connection, err := c.Dial(ctx, options)
	if err != nil {
		return Result{}, fmt.Errorf("bench: %w", err)
	}
	defer connection.Close()

	queue := "bench-" + string(task.NewID())
	ours, err := newOurs(connection, options.Namespace, queue+"-ours", c)
	if err != nil {
		return Result{}, fmt.Errorf("bench: %w", err)
	}
	base := newBaseline(connection, queue+"-baseline", c)
	r := &runner{config: c, done: done, ours: ours, baseline: base}
	result, err := r.run(ctx)
	if err != nil {
		return Result{}, fmt.Errorf("bench: %w", err)
	}
	return result, nil
}

type runner struct {
	config         Config
	done           *completions
	ours, baseline side
}

// run starts both workers, which stay for all rounds: an idle one only has polls open.
func (r *runner) run(ctx context.Context) (result Result, err error) {
	working, stop := context.WithCancel(ctx)
	defer stop()
	workers, working := errgroup.WithContext(working)
	for _, s := range []side{r.ours, r.baseline} {
		workers.Go(func() error { return s.run(working) })
	}
	defer func() {
		stop()
		err = errors.Join(err, workers.Wait())
	}()
	speeds, err := r.config.Run(r.side(working, "ours", r.ours), r.side(working, "baseline", r.baseline))
	return Result{
		Tasks: r.config.Tasks, Rounds: r.config.Rounds, Concurrency: r.config.Concurrency, Idempotent: r.config.Idempotent,
		Ours: speeds.Ours, Baseline: speeds.Other, Ratio: speeds.Ratio,
	}, err
}

func (r *runner) side(ctx context.Context, name string, s side) rounds.Side {
	return rounds.Side{Name: name, Do: func(tasks int) (time.Duration, error) { return r.measure(ctx, s, tasks) }}
}

// measure returns how long a side takes for that many tasks, from the first start to the last end.
func (r *runner) measure(ctx context.Context, s side, tasks int) (time.Duration, error) {
	ids := make([]task.ID, tasks)
	for i := range ids {
		ids[i] = task.NewID()
	}
	all := r.done.expect(ids)
	began := time.Now()
	starts, starting := errgroup.WithContext(ctx)
	starts.SetLimit(r.config.Concurrency)
	for _, id := range ids {
		starts.Go(func() error { return s.start(starting, id) })
	}
	if err := starts.Wait(); err != nil {
		if ctx.Err() != nil { // what the SDK makes of it is no context.Canceled, and hides why
			return 0, context.Cause(ctx)
		}
		return 0, err
	}
	select {
	case <-all:
		return time.Since(began), nil
	case <-ctx.Done():
		return 0, context.Cause(ctx)
	}
}
