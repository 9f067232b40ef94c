package taskqueuetest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"

	taskqueue "github.com/distributed-task-queue/taskqueue"
	"github.com/distributed-task-queue/taskqueue/activities"
	"github.com/distributed-task-queue/taskqueue/internal/attribute"
	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/workflows"
)

// patience is how long a task may take; go test's own limit is what counts.
const patience = 24 * time.Hour

// run is one task on its way through its workflow.
type run struct {
	task     task.Task
	registry *taskqueue.Registry
	// once starts the action once; the attempts that would follow are taken to end as the first did.
	once bool
	// children runs the task's children, and returns how many failed. Optional: without it, children do not end.
	children func(context.Context) (int64, error)

	env    *testsuite.TestWorkflowEnvironment
	runner activities.Runner
	ended  time.Time                        // when the first attempt did
	again  func() (workflows.Result, error) // ends as the first attempt did

	mu      sync.Mutex
	stopped bool // what the workflow records from now on would not be recorded in production
	result  Result
}

type runKey struct{}

// toItsEnd runs the task as far as it gets. It returns an error if it cannot be run at all.
func (r *run) toItsEnd(t testing.TB) error {
	action, known := r.registry.Lookup(r.task.Action)
	if !known {
		return fmt.Errorf("action %q is not registered; registered are: %s", r.task.Action, strings.Join(r.registry.Names(), ", "))
	}
	r.runner = activities.Runner{Registry: r.registry, Client: unheard{}, Logger: logger(t)}
	r.result = Result{Task: r.task, Status: task.Enqueued}

	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(log.NewStructuredLogger(logger(t)))
	r.env = suite.NewTestWorkflowEnvironment()
	r.env.SetTestTimeout(patience)
	r.env.SetStartWorkflowOptions(client.StartWorkflowOptions{ID: string(r.task.ID), TaskQueue: r.task.Queue})
	r.env.SetWorkerOptions(worker.Options{BackgroundActivityContext: context.WithValue(t.Context(), runKey{}, r)})
	r.env.OnUpsertTypedSearchAttributes(mock.Anything).Run(func(args mock.Arguments) {
		r.recordStatus(args.Get(0).(temporal.SearchAttributes))
	}).Return(nil)
	r.env.OnUpsertMemo(mock.Anything).Run(func(args mock.Arguments) { r.recordReport(args.Get(0).(map[string]any)) }).Return(nil)
	r.registerActivities(action)
	r.env.ExecuteWorkflow((&workflows.Workflows{PolicyOf: r.policyOf}).Task, r.task)
	return nil
}

func (r *run) policyOf(action string) task.Policy {
	policy, _ := r.registry.PolicyOf(action)
	return policy
}

// registerActivities registers what a worker has.
func (r *run) registerActivities(action taskqueue.Action) {
	register := func(name string, run any) {
		r.env.RegisterActivityWithOptions(run, activity.RegisterOptions{Name: name})
	}
	register(action.Name, func(ctx context.Context, parameters json.RawMessage) (workflows.Result, error) {
		return r.start(ctx, action, parameters)
	})
	register(workflows.ActivityRunHere, func(ctx context.Context, _ string, parameters json.RawMessage) (workflows.Result, error) {
		return r.start(ctx, action, parameters)
	})
	register(workflows.ActivityAwaitChildren, func(ctx context.Context, _ workflows.AwaitChildren) (int64, error) {
		if r.children == nil {
			return 0, r.stop(errNotEnded)
		}
		failed, err := r.children(ctx)
		if err != nil {
			return 0, r.stop(err)
		}
		return failed, nil
	})
	system := &activities.System{Registry: r.registry}
	register(workflows.ActivityRemoteStatus, func(ctx context.Context, a workflows.RemoteStatus) error {
		err := system.RemoteStatus(ctx, a)
		r.result.Err = err
		if failed, ok := errors.AsType[*temporal.ApplicationError](err); err == nil || ok && failed.NonRetryable() {
			return err
		}
		return r.stop(err) // a worker would ask again
	})
}

// stop ends the workflow at a point at which a real one would go on waiting.
func (r *run) stop(reason error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stopped = true
	return temporal.NewNonRetryableApplicationError(reason.Error(), "Stopped", reason)
}

func (r *run) recordStatus(attributes temporal.SearchAttributes) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if status, ok := attributes.GetKeyword(attribute.Status); ok && !r.stopped {
		r.result.Status = task.Status(status)
	}
}

func (r *run) recordReport(memo map[string]any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if report, ok := memo[attribute.MemoReport].(task.Report); ok && !r.stopped {
		r.result.Report = report
	}
}

func (r *run) addChild(t task.Task) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.result.Children = append(r.result.Children, t)
}

func (r *run) addProgress(p task.Progress) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.result.Progress = append(r.result.Progress, p)
}
