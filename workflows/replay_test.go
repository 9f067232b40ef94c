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

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/temporalproto"
	sdkworker "go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/distributed-task-queue/taskqueue/activities"
	broker "github.com/distributed-task-queue/taskqueue/broker/temporal"
	"github.com/distributed-task-queue/taskqueue/internal/temporaltest"
	"github.com/distributed-task-queue/taskqueue/task"
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
	for _, file := range files {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			replayer := sdkworker.NewWorkflowReplayer()
			replayer.RegisterWorkflowWithOptions(workflows.Task, workflow.RegisterOptions{Name: workflows.TypeTask})
			require.NoError(t, replayer.ReplayWorkflowHistoryFromJSONFile(nil, file))
		})
	}
}

// TestRecordHistories runs one task of each kind and saves its history.
func TestRecordHistories(t *testing.T) {
	if *record == "" {
		t.Skip("run with -record=FOLDER to record histories")
	}
	c := temporaltest.Dial(t)
	queue := temporaltest.UniqueName(t)
	actions := activities.NewRegistry()
	started := make(chan struct{})
	for name, run := range map[string]activities.Func{
		"completed": func(context.Context, json.RawMessage) (task.Report, error) { return task.Success("done"), nil },
		"no-report": func(context.Context, json.RawMessage) (task.Report, error) { return task.Report{}, nil },
		"failed":    func(context.Context, json.RawMessage) (task.Report, error) { return task.Report{}, errors.New("no") },
		"panicked":  func(context.Context, json.RawMessage) (task.Report, error) { panic("no") },
		"running": func(context.Context, json.RawMessage) (task.Report, error) {
			time.Sleep(3 * time.Second)
			return task.Success("done"), nil
		},
		"cancelled": func(ctx context.Context, _ json.RawMessage) (task.Report, error) {
			close(started)
			<-ctx.Done()
			return task.Report{}, ctx.Err()
		},
	} {
		require.NoError(t, actions.Add(activities.Action{Name: name, Run: run}))
	}
	w, err := worker.New(worker.Config{Client: c, Actions: actions, Queues: []worker.Queue{{Name: queue}}, Concurrency: 10})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx) }()
	defer func() { cancel(); require.NoError(t, <-ended) }()

	folder := filepath.Join("testdata", *record)
	require.NoError(t, os.MkdirAll(folder, 0o750))
	for _, name := range actions.Names() {
		one := &task.Task{ID: task.NewID(), Action: name, Parameters: json.RawMessage(`{"n":1}`), Label: "recorded"}
		one.Queue, one.CreatedAt = queue, time.Now().UTC().Truncate(time.Millisecond)
		require.NoError(t, broker.New(c).Enqueue(ctx, one))
		if name == "cancelled" {
			<-started
			require.NoError(t, c.CancelWorkflow(ctx, string(one.ID), ""))
		}
		_ = c.GetWorkflow(ctx, string(one.ID), "").Get(ctx, nil) // its error is part of the history
		var history historypb.History
		events := c.GetWorkflowHistory(ctx, string(one.ID), "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
		for events.HasNext() {
			event, err := events.Next()
			require.NoError(t, err)
			history.Events = append(history.Events, event)
		}
		encoded, err := temporalproto.CustomJSONMarshalOptions{Indent: "  "}.Marshal(&history)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(folder, name+".json"), encoded, 0o600))
	}
}
