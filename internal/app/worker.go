package app

import (
	"errors"
	"fmt"

	taskqueue "github.com/distributed-task-queue/taskqueue"
	"github.com/distributed-task-queue/taskqueue/actions/command"
	"github.com/distributed-task-queue/taskqueue/actions/httprequest"
	"github.com/distributed-task-queue/taskqueue/internal/config"
	"github.com/distributed-task-queue/taskqueue/worker"
)

// ErrNoWorkerNeeded says that all queues run their tasks while they are enqueued.
var ErrNoWorkerNeeded = errors.New("No worker is needed because all registered queue is a Sync Queue.") //nolint:staticcheck // the text that users of the PHP system know

// BuiltInActions returns a registry of the actions that every worker of this module can run: http.request, and command
// if programs are configured for it.
func BuiltInActions(c config.Actions) (*taskqueue.Registry, error) {
	actions := taskqueue.NewRegistry()
	if err := httprequest.Register(actions, c.HTTP); err != nil {
		return nil, fmt.Errorf("built-in action %s: %w", httprequest.Name, err)
	}
	if err := command.Register(actions, c.Command); err != nil {
		return nil, fmt.Errorf("built-in action %s: %w", command.Name, err)
	}
	return actions, nil
}

// NewWorker returns a worker as configured. It serves one queue if that is named, else all. A limit, which needs a queue,
// ends it after that many tasks. ErrNoWorkerNeeded is returned when there is nothing for a worker to do.
func (a *App) NewWorker(queue string, limit int) (*worker.Worker, error) {
	return newWorker(a.Client, a.Config.WorkerConfig(), queue, limit)
}

func newWorker(c *taskqueue.Client, w worker.Config, queue string, limit int) (*worker.Worker, error) {
	if c.Dispatcher().IsSync() {
		return nil, ErrNoWorkerNeeded
	}
	if queue != "" {
		if _, err := c.Dispatcher().Queue(queue); err != nil {
			return nil, err
		}
	}
	w.Queue, w.Limit = queue, limit
	return c.NewWorker(w)
}
