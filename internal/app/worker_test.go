package app

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	taskqueue "github.com/distributed-task-queue/taskqueue"
	"github.com/distributed-task-queue/taskqueue/actions/command"
	"github.com/distributed-task-queue/taskqueue/dispatcher"
	"github.com/distributed-task-queue/taskqueue/internal/config"
	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/worker"
)

// syncBroker stands for any broker that runs tasks while they are enqueued.
type syncBroker struct{}

func (syncBroker) Name() string                                 { return "sync" }
func (syncBroker) Initialize(context.Context, string) error     { return nil }
func (syncBroker) Enqueue(context.Context, *task.Task) error    { return errors.ErrUnsupported }
func (syncBroker) Count(context.Context, string) (int64, error) { return 0, nil }
func (syncBroker) Sync() bool                                   { return true }

func newClient(t *testing.T, queues ...taskqueue.Queue) *taskqueue.Client {
	t.Helper()
	connection, err := client.NewLazyClient(client.Options{})
	require.NoError(t, err)
	t.Cleanup(connection.Close)
	c, err := taskqueue.New(taskqueue.Config{Temporal: connection, Queues: queues})
	require.NoError(t, err)
	return c
}

func TestNewWorkerIsNotNeededForSyncQueues(t *testing.T) {
	t.Parallel()
	c := newClient(t, taskqueue.Queue{Name: "a", Broker: syncBroker{}}, taskqueue.Queue{Name: "b", Broker: syncBroker{}})
	_, err := newWorker(c, worker.Config{}, "", 0)
	require.ErrorIs(t, err, ErrNoWorkerNeeded)

	c = newClient(t, taskqueue.Queue{Name: "a", Broker: syncBroker{}}, taskqueue.Queue{Name: "b"})
	_, err = newWorker(c, worker.Config{}, "", 0)
	require.NoError(t, err)
}

func TestNewWorkerRefusesWhatMakesNoSense(t *testing.T) {
	t.Parallel()
	c := newClient(t, taskqueue.Queue{Name: "a"})
	_, err := newWorker(c, worker.Config{}, "b", 0)
	var unknown *dispatcher.UnknownQueueError
	require.ErrorAs(t, err, &unknown)
	_, err = newWorker(c, worker.Config{}, "", 5)
	require.ErrorIs(t, err, worker.ErrLimitNeedsQueue)
}

func TestBuiltInActions(t *testing.T) {
	t.Parallel()
	actions, err := BuiltInActions(config.Default().Actions)
	require.NoError(t, err)
	require.Equal(t, []string{"http.request"}, actions.Names(), "command is off by default")

	c := config.Default().Actions
	c.Command.Programs = map[string]command.Program{"list": {Path: "/bin/ls"}}
	actions, err = BuiltInActions(c)
	require.NoError(t, err)
	require.Equal(t, []string{"command", "http.request"}, actions.Names())

	c.Command.Programs = map[string]command.Program{"list": {Path: "ls"}}
	_, err = BuiltInActions(c)
	require.ErrorContains(t, err, "actions.command.programs.list")
}

func TestOpenSaysThatNoServerAnswers(t *testing.T) {
	t.Parallel()
	_, err := Open(t.Context(), config.Default(), Options{
		Connection: config.Connection{Address: "127.0.0.1:1"}, Logger: config.Default().Logging.NewLogger(t.Output()),
	})
	var unreachable *UnreachableError
	require.ErrorAs(t, err, &unreachable)
	require.ErrorContains(t, err, "127.0.0.1:1")
	require.ErrorContains(t, err, "go run ./cmd/standalone")
}
