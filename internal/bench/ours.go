package bench

import (
	"context"

	"go.temporal.io/sdk/client"

	taskqueue "github.com/distributed-task-queue/taskqueue"
	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/worker"
)

// noop is the parameters of the action that is measured: what there is to do is nothing.
type noop struct {
	Text string `json:"text"`
}

// Action returns the action's name.
func (noop) Action() string { return "bench.noop" }

// payload is what both sides carry.
var payload = noop{Text: "a hundred bytes, more or less, are what many tasks carry: some ids, a date and a file's name"}

// ours is the way of every task: taskqueue.Client.CreateTask and our worker.
type ours struct {
	client *taskqueue.Client
	worker *worker.Worker
}

func newOurs(connection client.Client, namespace, queue string, c Config) (*ours, error) {
	actions := taskqueue.NewRegistry()
	policies := map[string]task.Policy{}
	if c.Idempotent {
		policies[payload.Action()] = task.Policy{Attempts: 3, Fast: true}
	}
	err := taskqueue.Register(actions, func(context.Context, noop) (task.Report, error) {
		return task.Success("done"), nil
	})
	if err != nil {
		return nil, err
	}
	tasks, err := taskqueue.New(taskqueue.Config{
		Temporal: connection, Namespace: namespace, Queues: []taskqueue.Queue{{Name: queue}}, Actions: actions, Policies: policies, Logger: c.Logger,
	})
	if err != nil {
		return nil, err
	}
	w, err := tasks.NewWorker(worker.Config{Concurrency: c.Concurrency})
	if err != nil {
		return nil, err
	}
	return &ours{client: tasks, worker: w}, nil
}

func (o *ours) start(ctx context.Context, id task.ID) error {
	_, err := o.client.CreateTask(ctx, payload.Action(), payload, "bench", &taskqueue.Options{ID: id})
	return err
}

func (o *ours) run(ctx context.Context) error { return o.worker.Run(ctx) }
