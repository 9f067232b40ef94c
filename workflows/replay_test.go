package workflows_test

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/temporalproto"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/interceptor"
	sdkworker "go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/distributed-task-queue/taskqueue/activities"
	broker "github.com/distributed-task-queue/taskqueue/broker/temporal"
	"github.com/distributed-task-queue/taskqueue/internal/temporaltest"
	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/tracing"
	"github.com/distributed-task-queue/taskqueue/worker"
	"github.com/distributed-task-queue/taskqueue/workflows"
)

// Histories of released versions are never recorded again: a new version adds a folder of its own.
var record = flag.String("record", "", "record new histories into this folder of testdata")

func TestMain(m *testing.M) { temporaltest.Main(m) }

func TestSavedHistoriesReplay(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*/*.json")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	traced, err := tracing.WorkerInterceptor(sdktrace.NewTracerProvider())
	require.NoError(t, err)
	for _, file := range files {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			for _, interceptors := range [][]interceptor.WorkerInterceptor{nil, {traced}} {
				replayer, err := sdkworker.NewWorkflowReplayerWithOptions(sdkworker.WorkflowReplayerOptions{Interceptors: interceptors})
				require.NoError(t, err)
				replayer.RegisterWorkflowWithOptions(new(workflows.Workflows).Task, workflow.RegisterOptions{Name: workflows.TypeTask})
				require.NoError(t, replayer.ReplayWorkflowHistoryFromJSONFile(nil, file))
			}
		})
	}
}

// kinds are the tasks whose histories are recorded.
var kinds = map[string]activities.Action{
	"completed": {Run: func(context.Context, json.RawMessage) (task.Report, error) { return task.Success("done"), nil }},
	"no-report": {Run: func(context.Context, json.RawMessage) (task.Report, error) { return task.Report{}, nil }},
	"failed":    {Run: func(context.Context, json.RawMessage) (task.Report, error) { return task.Report{}, errors.New("no") }},
	"panicked":  {Run: func(context.Context, json.RawMessage) (task.Report, error) { panic("no") }},
	"running": {Run: func(context.Context, json.RawMessage) (task.Report, error) {
		time.Sleep(3 * time.Second)
		return task.Success("done"), nil
	}},
	"cancelled": {Run: func(ctx context.Context, _ json.RawMessage) (task.Report, error) {
		<-ctx.Done()
		return task.Report{}, ctx.Err()
	}},
	"retried": {
		Policy: task.Policy{Attempts: 3, Backoff: 10 * time.Millisecond},
		Run: func(context.Context, json.RawMessage) (task.Report, error) {
			return task.Report{}, errors.New("not yet")
		},
	},
	"fast": {
		Policy: task.Policy{Attempts: 3, Fast: true},
		Run:    func(context.Context, json.RawMessage) (task.Report, error) { return task.Success("done"), nil },
	},
	"children": {Run: func(ctx context.Context, _ json.RawMessage) (task.Report, error) {
		e, _ := activities.ExecutionOf(ctx)
		e.AddChild()
		return task.Success("one child, which the test enqueues"), nil
	}},
	"remote": {
		Run: func(context.Context, json.RawMessage) (task.Report, error) {
			return task.Success("started elsewhere"), nil
		},
		RemoteStatus: func(context.Context, *task.Task) (task.Status, error) { return task.Completed, nil },
	},
}

// TestRecordHistories runs one task of each kind, enqueued with and without its policy, and saves their histories.
func TestRecordHistories(t *testing.T) {
	if *record == "" {
		t.Skip("run with -record=FOLDER to record histories")
	}
	c := temporaltest.Dial(t)
	queue := temporaltest.UniqueName(t)
	actions := activities.NewRegistry()
	for name, action := range kinds {
		action.Name = name
		require.NoError(t, actions.Add(action))
	}
	recorded := func(action string) *task.Task {
		one := &task.Task{ID: task.NewID(), Action: action, Parameters: json.RawMessage(`{"n":1}`), Label: "recorded"}
		one.Queue, one.CreatedAt = queue, time.Now().UTC().Truncate(time.Millisecond)
		return one
	}
	enqueue := func(one *task.Task) { require.NoError(t, broker.New(c).Enqueue(t.Context(), one)) }
	// What is settled before a worker has seen it.
	withdrawn, archived, superseding := recorded("completed"), recorded("completed"), recorded("completed")
	archived.Archived = true
	superseding.Archived, superseding.Supersedes = true, uuid.NewString()
	enqueue(withdrawn)
	enqueue(archived)
	enqueue(superseding)
	require.NoError(t, c.SignalWorkflow(t.Context(), string(withdrawn.ID), "", workflows.SignalWithdraw, nil))

	w, err := worker.New(worker.Config{
		Client: c, Namespace: temporaltest.Namespace, Actions: actions, Queues: []worker.Queue{{Name: queue}}, Concurrency: 10,
	})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx) }()
	defer func() { cancel(); require.NoError(t, <-ended) }()

	folder := filepath.Join("testdata", *record)
	require.NoError(t, os.MkdirAll(folder, 0o750))
	save(ctx, t, c, string(withdrawn.ID), filepath.Join(folder, "withdrawn.json"))
	save(ctx, t, c, string(archived.ID), filepath.Join(folder, "archived.json"))
	save(ctx, t, c, string(superseding.ID), filepath.Join(folder, "superseding.json"))
	for _, name := range actions.Names() {
		one := recorded(name)
		enqueue(one)
		switch name {
		case "cancelled":
			time.Sleep(2 * time.Second)
			require.NoError(t, c.CancelWorkflow(ctx, string(one.ID), ""))
		case "children":
			child := *one
			child.ID, child.Action, child.ParentID = task.NewID(), "failed", one.ID
			enqueue(&child)
		}
		save(ctx, t, c, string(one.ID), filepath.Join(folder, name+".json"))
		policy, _ := actions.PolicyOf(name)
		if name == "cancelled" || name == "children" {
			continue
		}
		told := *one
		told.ID, told.Policy = task.NewID(), &policy
		enqueue(&told)
		save(ctx, t, c, string(told.ID), filepath.Join(folder, name+"-told.json"))
	}
	run, err := c.ExecuteWorkflow(ctx, client.StartWorkflowOptions{TaskQueue: queue}, workflows.TypeTask, map[string]string{"action": "completed"})
	require.NoError(t, err)
	save(ctx, t, c, run.GetID(), filepath.Join(folder, "started-by-others.json"))
}

// save waits for the task's end and writes its history.
func save(ctx context.Context, t *testing.T, c client.Client, id, file string) {
	t.Helper()
	_ = c.GetWorkflow(ctx, id, "").Get(ctx, nil) // its error is part of the history
	var history historypb.History
	events := c.GetWorkflowHistory(ctx, id, "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		event, err := events.Next()
		require.NoError(t, err)
		history.Events = append(history.Events, event)
	}
	encoded, err := temporalproto.CustomJSONMarshalOptions{Indent: "  "}.Marshal(&history)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(file, encoded, 0o600))
}
