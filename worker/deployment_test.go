package worker_test

import (
	"context"
	"encoding/json"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/distributed-task-queue/taskqueue/activities"
	broker "github.com/distributed-task-queue/taskqueue/broker/temporal"
	"github.com/distributed-task-queue/taskqueue/dispatcher"
	"github.com/distributed-task-queue/taskqueue/internal/rollout"
	"github.com/distributed-task-queue/taskqueue/internal/temporaltest"
	"github.com/distributed-task-queue/taskqueue/queueadmin"
	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/worker"
	"github.com/distributed-task-queue/taskqueue/workflows"
)

// fleet is a deployment whose versions are workers in this process.
type fleet struct {
	*testBundle

	queues  []worker.Queue
	release chan struct{} // lets one task of the action "long" end

	mu  sync.Mutex
	ran map[string][]string // the versions that ran a task, by the task's parameters
}

func newFleet(t *testing.T) *fleet {
	b := setup(t)
	return &fleet{
		testBundle: b, ran: map[string][]string{}, release: make(chan struct{}),
		queues: []worker.Queue{{Name: b.queue("a"), Weight: 2}, {Name: b.queue("b"), Weight: 1}},
	}
}

// unversioned stands for the build id of workers without a version.
const unversioned = "nobody"

// start runs a worker of the version until stop is called, which returns when the worker has ended.
func (f *fleet) start(build string) (stop context.CancelFunc, ended func() error) {
	f.t.Helper()
	note := func(parameters json.RawMessage) {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.ran[string(parameters)] = append(f.ran[string(parameters)], build)
	}
	version := *f.testBundle
	version.actions = activities.NewRegistry()
	version.register("short", func(_ context.Context, p json.RawMessage) (task.Report, error) {
		note(p)
		return task.Success("by %s", build), nil
	})
	version.register("long", func(ctx context.Context, p json.RawMessage) (task.Report, error) {
		note(p)
		select {
		case <-f.release:
			return task.Success("by %s", build), nil
		case <-ctx.Done():
			return task.Report{}, context.Cause(ctx)
		}
	})
	require.NoError(f.t, version.actions.Add(activities.Action{
		Name: "fast", Policy: task.Policy{Attempts: 2, Fast: true},
		Run: func(_ context.Context, p json.RawMessage) (task.Report, error) {
			note(p)
			return task.Success("by %s", build), nil
		},
	}))
	config := worker.Config{Queues: f.queues, Concurrency: 2, ShutdownTimeout: patience}
	if build != unversioned {
		config.Deployment = worker.Deployment{Name: f.prefix, BuildID: build}
	}
	_, stop, ended = version.start(config)
	return stop, ended
}

// promote makes the version the current one as soon as its workers ask for tasks.
func (f *fleet) promote(build string) {
	f.t.Helper()
	ctx, cancel := context.WithTimeout(f.t.Context(), 10*patience)
	defer cancel()
	version := worker.Deployment{Name: f.prefix, BuildID: build}
	require.NoError(f.t, rollout.SetCurrent(ctx, f.client, temporaltest.Namespace, version, []string{f.queue("a"), f.queue("b")}))
}

// by waits for the task's end and returns who says to have run it.
func (f *fleet) by(id task.ID) string {
	f.t.Helper()
	report, err := f.result(id)
	require.NoError(f.t, err)
	return report.Children[0].Message
}

func (f *fleet) versions(parameters string) []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.ran[parameters]
}

// ranOnce checks that these parameters' task was run, by that version and no other, and no second time.
func (f *fleet) ranOnce(id task.ID, parameters, build string) {
	f.t.Helper()
	require.Equal(f.t, "by "+build, f.by(id), "task with %s", parameters)
	require.Equal(f.t, []string{build}, f.versions(parameters), "task with %s", parameters)
}

func TestTasksSurviveTheDeployOfAnotherVersion(t *testing.T) {
	for name, old := range map[string]string{"of workers without a version": unversioned, "of a version": "v1"} {
		t.Run(name, func(t *testing.T) {
			f := newFleet(t)
			stopOld, oldEnded := f.start(old)
			if old != unversioned {
				f.promote(old)
			}

			// Both permits are taken, and more tasks wait.
			running := map[string]task.ID{"1": f.enqueue(f.queue("a"), "long", "1"), "2": f.enqueue(f.queue("a"), "long", "2")}
			f.eventually(func() bool { return len(f.versions("1")) == 1 && len(f.versions("2")) == 1 })
			waiting := map[string]task.ID{
				"3": f.enqueue(f.queue("a"), "short", "3"), "4": f.enqueue(f.queue("b"), "short", "4"), "5": f.enqueue(f.queue("b"), "short", "5"),
			}

			_, _ = f.start("v2")
			f.promote("v2")
			for parameters, id := range waiting { // while the old one is as busy as before
				f.ranOnce(id, parameters, "v2")
			}
			f.ranOnce(f.enqueue(f.queue("a"), "short", "6"), "6", "v2")
			f.ranOnce(f.enqueueWith(f.queue("b"), "fast", &task.Policy{Attempts: 2, Fast: true}), "{}", "v2")

			stopOld()
			for range running {
				f.release <- struct{}{}
			}
			for parameters, id := range running {
				f.ranOnce(id, parameters, old)
			}
			require.NoError(t, oldEnded())
		})
	}
}

func TestADeployCanBeRolledBack(t *testing.T) {
	f := newFleet(t)
	_, _ = f.start("v1")
	f.promote("v1")
	_, _ = f.start("v2")
	f.promote("v2")
	running := f.enqueue(f.queue("a"), "long", "1")
	f.eventually(func() bool { return len(f.versions("1")) == 1 })

	f.promote("v1")
	f.ranOnce(f.enqueue(f.queue("a"), "short", "2"), "2", "v1")
	f.ranOnce(f.enqueue(f.queue("b"), "short", "3"), "3", "v1")
	f.release <- struct{}{}
	f.ranOnce(running, "1", "v2") // and v1 records how it ended
}

func TestAQueueOfAVersionIsPausedAndCounted(t *testing.T) {
	f := newFleet(t)
	_, _ = f.start("v1")
	f.promote("v1")
	queue := f.queue("a")
	d, err := dispatcher.New(dispatcher.Config{Queues: []dispatcher.Queue{{Name: queue, Broker: broker.New(f.client)}}})
	require.NoError(t, err)
	queues := queueadmin.New(f.client, temporaltest.Namespace, d)
	_, err = queues.Pause(t.Context(), queue, "deploy")
	require.NoError(t, err)
	time.Sleep(5 * time.Second) // workers and the server's partitions hear of it within a second, on a busy machine later

	waiting := f.enqueue(queue, "short", "1")
	f.eventually(func() bool { // the server counts what it has written
		q, err := queues.Get(t.Context(), queue)
		require.NoError(t, err)
		return q.Waiting == 1 && len(q.Workers) == 1
	})
	require.Empty(t, f.versions("1"))
	_, err = queues.Resume(t.Context(), queue)
	require.NoError(t, err)
	f.ranOnce(waiting, "1", "v1")
}

// The queue on which workers wait for children has no versions.
func TestATaskOfAVersionWaitsForItsChildren(t *testing.T) {
	f := newFleet(t)
	_, _ = f.start("v1")
	f.promote("v1")
	parent := f.enqueue(f.queue("a"), "long", "1")
	f.eventually(func() bool { return len(f.versions("1")) == 1 })
	child := f.put(&task.Task{
		Action: "short", Parameters: json.RawMessage("2"), Metadata: task.Metadata{Queue: f.queue("b"), ParentID: parent},
	})
	require.NoError(t, f.client.SignalWorkflow(t.Context(), string(parent), "", workflows.SignalChildren, 1))
	f.release <- struct{}{}
	f.ranOnce(parent, "1", "v1")
	f.ranOnce(child, "2", "v1")
}

func (f *fleet) eventually(is func() bool) {
	f.t.Helper()
	require.Eventually(f.t, is, patience, 20*time.Millisecond)
}

func TestDeploymentsThatTemporalWouldNotTake(t *testing.T) {
	t.Parallel()
	for reason, d := range map[string]worker.Deployment{
		"buildId is empty": {Name: "shop"}, "name is empty": {BuildID: "v1"},
		"cannot have a point or a colon": {Name: "shop.eu", BuildID: "v1"}, "Temporal's own": {Name: "shop", BuildID: "__unversioned__"},
	} {
		require.ErrorContains(t, d.Validate(), reason)
	}
	require.NoError(t, worker.Deployment{}.Validate())
	require.NoError(t, worker.Deployment{Name: "shop", BuildID: "v1.2"}.Validate())
}
