package worker_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	sdkworker "go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/workflows"
)

func TestAPolicySaysHowLongAWorkerMayBeSilent(t *testing.T) {
	b := setup(t)
	// A worker without heartbeats looks to the server like one that is lost.
	silent := sdkworker.New(b.client, b.queue("a"), sdkworker.Options{})
	silent.RegisterWorkflowWithOptions(new(workflows.Workflows).Task, workflow.RegisterOptions{Name: workflows.TypeTask})
	release := make(chan struct{})
	silent.RegisterActivityWithOptions(func(context.Context, json.RawMessage) error {
		<-release
		return nil
	}, activity.RegisterOptions{Name: "endless"})
	require.NoError(t, silent.Start())
	defer silent.Stop()
	defer close(release)

	id := b.enqueueWith(b.queue("a"), "endless", &task.Policy{HeartbeatTimeout: 3 * time.Second})
	_, err := b.result(id)
	require.ErrorContains(t, err, "worker lost: the worker that ran the task gave no sign of life for 3s")
}
