package cli_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	taskqueue "github.com/distributed-task-queue/taskqueue"
	"github.com/distributed-task-queue/taskqueue/internal/cli"
	"github.com/distributed-task-queue/taskqueue/internal/temporaltest"
	"github.com/distributed-task-queue/taskqueue/worker"
)

func TestTheVersionThatGetsTasksIsChosen(t *testing.T) {
	t.Parallel()
	b := setup(t)
	deployment := temporaltest.UniqueName(t)
	r := b.run(t, "deployment", "show", "--name", deployment)
	require.Equal(t, cli.StatusFailed, r.status)
	require.Contains(t, r.err, deployment)
	r = b.run(t, "deployment", "set-current", "v1", "--name", deployment, "--timeout", "5s")
	require.Equal(t, cli.StatusFailed, r.status)
	require.Contains(t, r.err, "no worker of it has asked for tasks")

	c, err := taskqueue.New(taskqueue.Config{
		Temporal: temporaltest.Dial(t), Queues: []taskqueue.Queue{{Name: b.fast}, {Name: b.slow}}, Actions: taskqueue.NewRegistry(),
		Logger: temporaltest.Logger(t),
	})
	require.NoError(t, err)
	w, err := c.NewWorker(worker.Config{Deployment: worker.Deployment{Name: deployment, BuildID: "v1"}})
	require.NoError(t, err)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx) }()
	t.Cleanup(func() { stop(); require.NoError(t, <-ended) })

	d := b.ok(t, "deployment", "set-current", "v1", "--name", deployment)
	require.Equal(t, "v1", d["current"])
	require.Equal(t, true, d["settled"])
	table := b.run(t, "deployment", "show", "--name", deployment, "--output", "table")
	require.Regexp(t, `(?m)^v1 +current +20`, table.out)
}
