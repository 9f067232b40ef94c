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

	"github.com/distributed-task-queue/taskqueue/task"
)

// Config says what is measured. All fields are required but Progress.
type Config struct {
	Tasks  int // how many tasks each side runs, over all rounds
	Rounds int // in each round both sides run one after the other; which is first alternates
	// Concurrency is how many tasks each side enqueues at a time, and how many its worker runs at a time.
	Concurrency int
	// Idempotent declares our action idempotent and fast, which the baseline has no counterpart for.
	Idempotent bool
	// Temporal are the options of the connection.
	Temporal client.Options
	// Dial connects with these options.
	Dial     func(context.Context, client.Options) (client.Client, error)
	Logger   *slog.Logger
	Progress func(line string) // is told about each round
}

// Validate reports what cannot be measured.
func (c Config) Validate() error {
	switch {
	case c.Rounds < 1:
		return fmt.Errorf("rounds are %d; they must be 1 or more", c.Rounds)
	case c.Tasks < c.Rounds:
		return fmt.Errorf("tasks are %d; there must be one or more for each of the %d rounds", c.Tasks, c.Rounds)
	case c.Concurrency < 1:
		return fmt.Errorf("concurrency is %d; it must be 1 or more", c.Concurrency)
	}
	return nil
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
	if c.Progress == nil {
		c.Progress = func(string) {}
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
	// Not measured: until both sides have polls open and connections warm.
	for _, s := range []side{r.ours, r.baseline} {
		if _, err := r.measure(working, s, 2*r.config.Concurrency); err != nil {
			return Result{}, err
		}
	}
	return r.rounds(working)
}

func (r *runner) rounds(ctx context.Context) (Result, error) {
	var oursTime, baselineTime time.Duration
	var ratios []float64
	for round := range r.config.Rounds {
		// The tasks that do not divide evenly go to the first rounds.
		tasks := (r.config.Tasks + r.config.Rounds - 1 - round) / r.config.Rounds
		var ours, baseline time.Duration
		order := []struct {
			side side
			took *time.Duration
		}{{r.ours, &ours}, {r.baseline, &baseline}}
		if round%2 == 1 {
			slices.Reverse(order)
		}
		for _, turn := range order {
			var err error
			if *turn.took, err = r.measure(ctx, turn.side, tasks); err != nil {
				return Result{}, fmt.Errorf("round %d: %w", round+1, err)
			}
		}
		oursTime += ours
		baselineTime += baseline
		ratios = append(ratios, baseline.Seconds()/ours.Seconds())
		r.config.Progress(fmt.Sprintf("round %d of %d: %d tasks each, ours %.1f/s, baseline %.1f/s, ratio %.3f",
			round+1, r.config.Rounds, tasks, rate(tasks, ours), rate(tasks, baseline), ratios[round]))
	}
	return Result{
		Tasks: r.config.Tasks, Rounds: r.config.Rounds, Concurrency: r.config.Concurrency, Idempotent: r.config.Idempotent,
		Ours: rate(r.config.Tasks, oursTime), Baseline: rate(r.config.Tasks, baselineTime), Ratio: median(ratios),
	}, nil
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

func rate(tasks int, took time.Duration) float64 { return float64(tasks) / took.Seconds() }

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[middle]
	}
	return (sorted[middle-1] + sorted[middle]) / 2
}
