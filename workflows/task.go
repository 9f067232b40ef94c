package workflows

import (
	"cmp"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/distributed-task-queue/taskqueue/internal/attribute"
	"github.com/distributed-task-queue/taskqueue/task"
)

// TypeTask is the name of the workflow type.
const TypeTask = "Task"

// Signals to the workflow.
const (
	// SignalRunning tells that a worker has been running the action for a while. Tasks that are done sooner
	// send no signal, and so cost no extra write.
	SignalRunning = "running"
	// SignalChildren tells how many children were enqueued, an int, by others than the action itself. A negative number takes
	// some back that could not be enqueued after all.
	SignalChildren = "children"
)

// ErrorTypeFailed is the type of the error with which a failed task's workflow ends; its details hold the report.
const ErrorTypeFailed = "TaskFailed"

// Workflows holds the workflow Task with what it needs of the worker that runs it.
type Workflows struct {
	// PolicyOf returns how an action may be run, for a task whose enqueuer did not know. The answer is kept in the history. Default:
	// every action runs at most once.
	PolicyOf func(action string) task.Policy
}

// Task runs the action as an activity of the action's name, and keeps the search attributes that
// the task log reads.
func (w *Workflows) Task(ctx workflow.Context, t task.Task) (task.Report, error) {
	if done, err := settled(ctx, t); done {
		return task.Report{}, err
	}
	if err := complete(ctx, &t); err != nil {
		return task.Report{}, err
	}
	r := &run{task: t, policy: w.policy(ctx, t)}
	report, status, err := r.toItsEnd(ctx)
	if temporal.IsCanceledError(err) {
		return r.cancelled(ctx, report, err)
	}
	if err != nil {
		return task.Report{}, err
	}
	if err := r.record(ctx, status, report); err != nil {
		return task.Report{}, err
	}
	if status == task.Failed {
		// The execution ends as failed, so that Temporal's own tools show it red.
		return task.Report{}, temporal.NewNonRetryableApplicationError(r.failure(report), ErrorTypeFailed, nil, report)
	}
	return report, nil
}

// complete fills in what the task does not say when it was not enqueued by one of our brokers but started by a schedule, by Temporal's
// command line or by a program in another language.
func complete(ctx workflow.Context, t *task.Task) error {
	if !t.CreatedAt.IsZero() {
		return nil
	}
	info := workflow.GetInfo(ctx)
	t.ID = task.ID(info.WorkflowExecution.ID)
	t.Queue = info.TaskQueueName
	t.CreatedAt = inLogTime(info.WorkflowStartTime)
	if len(t.Parameters) == 0 {
		t.Parameters = task.EmptyParameters
	}
	if err := t.Validate(); err != nil {
		return temporal.NewNonRetryableApplicationError(err.Error(), ErrorTypeFailed, err)
	}
	return workflow.UpsertTypedSearchAttributes(ctx, attribute.ForNew(t).Copy())
}

// policy returns how the task's action may be run.
func (w *Workflows) policy(ctx workflow.Context, t task.Task) (policy task.Policy) {
	if t.Policy != nil {
		return *t.Policy
	}
	encoded := workflow.SideEffect(ctx, func(workflow.Context) any {
		if w.PolicyOf == nil {
			return task.Policy{}
		}
		return w.PolicyOf(t.Action)
	})
	if err := encoded.Get(&policy); err != nil {
		workflow.GetLogger(ctx).Error("The action's policy cannot be read; it runs at most once", "error", err)
	}
	return policy
}

// run is one task on its way.
type run struct {
	task     task.Task
	policy   task.Policy
	here     bool   // the action was given to this worker's own process; whether it waited for a permit there cannot be told
	attempts int    // how often the action was started; 0 if that is not known
	children int    // how many children were enqueued, as far as they have been told
	cause    string // why the task failed, when its report does not tell
}

// toItsEnd runs the action, and waits for what it leaves to be done. It returns the report and the last status; if the task is cancelled,
// the error, and the report as far as there is one.
func (r *run) toItsEnd(ctx workflow.Context) (task.Report, task.Status, error) {
	result, err := r.act(ctx)
	if temporal.IsCanceledError(err) {
		return task.Report{}, "", err
	}
	report := r.outcome(ctx, result, err)
	status := report.Status()
	if status == task.Completed && r.policy.Remote {
		if err = r.awaitRemote(ctx); temporal.IsCanceledError(err) {
			return report, "", err
		}
		if err != nil {
			report = report.Add(task.Error("%s", r.failureMessage(err)))
			status = report.Status()
		}
	}
	if status != task.Completed || r.task.Master {
		return report, status, nil
	}
	r.children += result.ChildTasks
	if status, err = r.awaitChildren(ctx, report); err != nil {
		return report, "", err
	}
	return report, status, nil
}

// failure says in one line why the task failed.
func (r *run) failure(report task.Report) string {
	return task.Truncate(cmp.Or(r.cause, firstError(report)), maxCauseText)
}
