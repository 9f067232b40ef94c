package taskqueuetest

import (
	"cmp"
	"log/slog"
	"slices"
	"testing"

	"go.temporal.io/sdk/log"

	taskqueue "github.com/distributed-task-queue/taskqueue"
)

// NewClient returns a client that records tasks instead of starting them. It routes, checks and completes tasks as in production: a
// wrong one is refused with the same error, and an id that was used before with a *task.DuplicateError. The recorder takes the
// place of the queues' brokers. A configuration that is not valid fails the test.
//
// Config.Temporal may be nil. Then the task log has no task: a parent counts as one that is not in the log, unless it is the task
// whose action enqueues the child, and searches fail.
func NewClient(t testing.TB, config taskqueue.Config) (*taskqueue.Client, *Recorder) {
	t.Helper()
	config.Logger = cmp.Or(config.Logger, logger(t))
	if config.Temporal == nil {
		config.Temporal = withoutServer(t, log.NewStructuredLogger(config.Logger))
	}
	if len(config.Queues) == 0 {
		config.Queues = []taskqueue.Queue{{Name: taskqueue.DefaultQueue}}
	}
	recorder := new(Recorder)
	config.Queues = slices.Clone(config.Queues)
	for i := range config.Queues {
		config.Queues[i].Broker = recorder
	}
	recording, err := taskqueue.New(config)
	if err != nil {
		t.Fatalf("taskqueuetest: %v", err)
	}
	return recording, recorder
}

// logger writes to the test's output.
func logger(t testing.TB) *slog.Logger { return slog.New(slog.NewTextHandler(t.Output(), nil)) }
