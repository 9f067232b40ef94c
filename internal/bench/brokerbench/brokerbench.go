// Package brokerbench measures how many tasks per second a relay hands to Temporal, against enqueuing them directly.
package brokerbench

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"golang.org/x/sync/errgroup"

	commonpb "go.temporal.io/api/common/v1"

	taskqueue "github.com/distributed-task-queue/taskqueue"
	"github.com/distributed-task-queue/taskqueue/broker"
	"github.com/distributed-task-queue/taskqueue/broker/relay"
	"github.com/distributed-task-queue/taskqueue/internal/bench/rounds"
	"github.com/distributed-task-queue/taskqueue/task"
)

// Queue is how the names of the queues begin whose stores are measured. What waits there is discarded.
const Queue = "taskqueue-bench"

// turns is how often both sides are measured: twice a round, and once to get warm.
func turns(c Config) int { return 2*c.Rounds + 1 }

// Each turn has a queue of its own on both sides: a poll that the relay before has left behind may still be open at SQS, and would take
// messages away; and Temporal has more to do for a queue that is new.
func storedQueue(turn int) string { return fmt.Sprintf("%s-%d", Queue, turn) }
func directQueue(turn int) string { return fmt.Sprintf("%s-direct-%d", Queue, turn) }

// action is never run: nobody works during the measurement, and the tasks are deleted after it.
const action = "bench.noop"

// parameters are what both sides carry.
var parameters = map[string]string{"text": "a hundred bytes, more or less, are what many tasks carry: some ids, a date and a file's name"}

// Config says what is measured. All fields are required but Progress. Concurrency is how many tasks are enqueued directly at a time.
type Config struct {
	rounds.Race

	Temporal  client.Client
	Namespace string
	Store     broker.Stored
	Logger    *slog.Logger
}

// Result is what was measured.
type Result struct {
	Broker      string  `json:"broker"`
	Tasks       int     `json:"tasks"` // of each side
	Rounds      int     `json:"rounds"`
	Concurrency int     `json:"concurrency"`
	Relay       float64 `json:"relay"`  // tasks per second, over all rounds
	Direct      float64 `json:"direct"` // the same
	// Ratio is the relay's rate by the direct one: the median of the rounds' ratios, so that one bad round does not count.
	Ratio float64 `json:"ratio"`
}

// Run measures.
func Run(ctx context.Context, c Config) (Result, error) {
	if err := c.Validate(); err != nil {
		return Result{}, fmt.Errorf("bench: %w", err)
	}
	b := &bench{Config: c}
	var queues []taskqueue.Queue
	for turn := range turns(c) {
		queues = append(queues, taskqueue.Queue{Name: storedQueue(turn), Broker: c.Store}, taskqueue.Queue{Name: directQueue(turn)})
	}
	var err error
	b.client, err = taskqueue.New(taskqueue.Config{Temporal: c.Temporal, Namespace: c.Namespace, Logger: c.Logger, Queues: queues})
	if err != nil {
		return Result{}, fmt.Errorf("bench: %w", err)
	}
	result, err := b.run(ctx)
	if err := errors.Join(err, b.clean()); err != nil {
		return Result{}, fmt.Errorf("bench: %w", err)
	}
	return result, nil
}

type bench struct {
	Config

	client *taskqueue.Client
	ids    []task.ID // of all tasks that were made
}

func (b *bench) run(ctx context.Context) (Result, error) {
	if err := b.client.Initialize(ctx); err != nil {
		return Result{}, err
	}
	for turn := range turns(b.Config) {
		if err := b.discard(ctx, storedQueue(turn)); err != nil {
			return Result{}, err
		}
	}
	next := -1
	speeds, err := b.Race.Run(
		rounds.Side{
			Name: "relay",
			Prepare: func(tasks int) error {
				next++
				_, err := b.enqueue(ctx, storedQueue(next), tasks)
				return err
			},
			Do: func(tasks int) (time.Duration, error) { return b.relay(ctx, storedQueue(next), tasks) },
		},
		rounds.Side{
			Name: "direct",
			Do:   func(tasks int) (time.Duration, error) { return b.enqueue(ctx, directQueue(next), tasks) },
		})
	return Result{
		Broker: b.Store.Name(), Tasks: b.Tasks, Rounds: b.Rounds, Concurrency: b.Concurrency,
		Relay: speeds.Ours, Direct: speeds.Other, Ratio: speeds.Ratio,
	}, err
}

// enqueue returns how long it takes to enqueue so many tasks.
func (b *bench) enqueue(ctx context.Context, queue string, tasks int) (time.Duration, error) {
	ids := make([]task.ID, tasks)
	for i := range ids {
		ids[i] = task.NewID()
	}
	b.ids = append(b.ids, ids...)
	began := time.Now()
	running, enqueuing := errgroup.WithContext(ctx)
	running.SetLimit(b.Concurrency)
	for i, id := range ids {
		// As if each enqueuer were an owner: more order than that of each of its own tasks does not come of enqueuing directly either.
		owner := fmt.Sprintf("enqueuer %d", i%b.Concurrency)
		running.Go(func() error {
			_, err := b.client.CreateTask(enqueuing, action, parameters, "bench", &taskqueue.Options{ID: id, Queue: queue, Owner: owner})
			return err
		})
	}
	err := running.Wait()
	return time.Since(began), err
}

// relay returns how long a relay takes to empty the store.
func (b *bench) relay(ctx context.Context, queue string, tasks int) (time.Duration, error) {
	r, err := b.client.NewRelay(taskqueue.RelayConfig{Queues: []string{queue}})
	if err != nil {
		return 0, err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	ended := make(chan error, 1)
	began := time.Now()
	go func() { ended <- r.Run(ctx) }()
	ticker := time.NewTicker(time.Millisecond)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return 0, errors.Join(context.Cause(ctx), <-ended)
		case <-ticker.C:
		}
		if c := r.Counts(); c.Moved+c.Duplicates >= int64(tasks) {
			took := time.Since(began)
			stop()
			return took, <-ended
		}
	}
}

// nowhere is a relay's target that keeps nothing.
type nowhere struct{}

func (nowhere) Enqueue(context.Context, *task.Task) error { return nil }

// discard empties the store of what an earlier measurement has left.
func (b *bench) discard(ctx context.Context, queue string) error {
	backlog, err := b.Store.Backlog(ctx, queue)
	if err != nil || backlog.Waiting == 0 {
		return err
	}
	r, err := relay.New(relay.Config{Sources: []relay.Source{{Queue: queue, Store: b.Store}}, Target: nowhere{}, Logger: b.Logger})
	if err != nil {
		return err
	}
	_, err = r.Drain(ctx)
	return err
}

// cleanTimeout is how long the tasks may take to be deleted.
const cleanTimeout = 5 * time.Minute

// clean deletes the tasks from Temporal. Some may not exist, if the measurement was broken off.
func (b *bench) clean() error {
	ctx, cancel := context.WithTimeout(context.Background(), cleanTimeout)
	defer cancel()
	var running errgroup.Group
	running.SetLimit(b.Concurrency)
	for _, id := range b.ids {
		running.Go(func() error {
			_, err := b.Temporal.WorkflowService().DeleteWorkflowExecution(ctx, &workflowservice.DeleteWorkflowExecutionRequest{
				Namespace: b.Namespace, WorkflowExecution: &commonpb.WorkflowExecution{WorkflowId: string(id)},
			})
			if ctx.Err() != nil {
				return fmt.Errorf("delete the tasks of the measurement: %w", err)
			}
			return nil
		})
	}
	return running.Wait()
}
