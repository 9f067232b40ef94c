package activities

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/tracing"
	"github.com/distributed-task-queue/taskqueue/workflows"
)

const (
	// signalRunningAfter is when the log is told that a task runs. A task that is done sooner
	// costs no write for it.
	signalRunningAfter = time.Second

	// signalTimeout is how long the server may take to be told.
	signalTimeout = 10 * time.Second
)

// Error types of failed activities.
const (
	ErrorTypeAction = "ActionFailed" // the action returned an error
	ErrorTypeReport = "InvalidReport"
)

// Runner runs the actions of a registry as Temporal activities.
type Runner struct {
	Registry *Registry
	Client   client.Client   // signals the workflow that its action runs
	Tracer   *tracing.Tracer // makes the spans of actions; nil: one of the global provider
	Logger   *slog.Logger
}

// Run runs the action that the activity in ctx is for. To heartbeat meanwhile, and to end ctx if it must, is up to the worker.
//
// If the error is a *temporal.CanceledError, it was asked for; no other wraps one, or context.Canceled.
func (r *Runner) Run(ctx context.Context, action Action, parameters json.RawMessage) (workflows.Result, error) {
	info := activity.GetInfo(ctx)
	ctx, cancel := withTimeout(ctx, info)
	defer cancel()
	execution := &Execution{TaskID: task.ID(info.WorkflowExecution.ID)}
	ctx = WithExecution(ctx, execution)
	if !info.IsLocalActivity {
		running := time.AfterFunc(signalRunningAfter, func() { r.signalRunning(ctx, info.WorkflowExecution) })
		defer running.Stop()
	}
	report, err := r.act(ctx, action, parameters)
	notes := workflows.Notes{ChildTasks: execution.Children()}
	// The server knows the policy, which may be one of the configuration.
	if p := info.RetryPolicy; info.IsLocalActivity || p != nil && p.MaximumAttempts > 1 {
		notes.Attempt = info.Attempt
		if p != nil {
			notes.AllowedAttempts = p.MaximumAttempts
		}
	}
	if err != nil {
		return workflows.Result{}, failed(ctx, action, err, notes)
	}
	if report.IsZero() {
		return workflows.Result{Notes: notes}, nil
	}
	if err := report.Validate(); err != nil {
		return workflows.Result{}, temporal.NewNonRetryableApplicationError(err.Error(), ErrorTypeReport, nil)
	}
	fitting, err := fit(report)
	return workflows.Result{Report: fitting, Notes: notes}, err
}

// errPanicked is what the span of an action tells that did not return.
var errPanicked = errors.New("the action panicked")

// act runs the action in its span.
func (r *Runner) act(ctx context.Context, action Action, parameters json.RawMessage) (report task.Report, err error) {
	info := activity.GetInfo(ctx)
	ctx, end := r.Tracer.Process(ctx, task.ID(info.WorkflowExecution.ID), action.Name, info.TaskQueue)
	err = errPanicked
	defer func() { end(report, err) }() // a panic is left to the SDK
	report, err = action.Run(ctx, parameters)
	return report, err
}

// errTimeout is why the context of an action ends that takes too long.
var errTimeout = errors.New("the task took longer than its timeout")

// withTimeout ends the context when the action's timeout is over. The server's own is later by a grace.
func withTimeout(ctx context.Context, info activity.Info) (context.Context, context.CancelFunc) {
	if info.IsLocalActivity || info.StartToCloseTimeout >= workflows.Unlimited {
		return context.WithCancel(ctx)
	}
	timeout := info.StartToCloseTimeout - workflows.TimeoutGrace
	return context.WithTimeoutCause(ctx, timeout, fmt.Errorf("%w of %s", errTimeout, timeout))
}

// failed returns the error with which the activity of an action ends that returned err.
func failed(ctx context.Context, action Action, err error, notes workflows.Notes) error {
	cause := context.Cause(ctx)
	switch {
	case cause == nil:
		return failure(action, err, notes)
	case temporal.IsCanceledError(cause):
		return temporal.NewCanceledError(task.Truncate(err.Error(), maxErrorText)) // whatever the action makes of it
	case errors.Is(err, context.Canceled), errors.Is(err, cause), errors.Is(cause, errTimeout):
		return failure(action, cause, notes)
	}
	return failure(action, fmt.Errorf("%w: %w", cause, err), notes)
}

// signalRunning tells the workflow that its action runs.
func (r *Runner) signalRunning(ctx context.Context, e workflow.Execution) {
	ctx, cancel := context.WithTimeout(ctx, signalTimeout)
	defer cancel()
	err := r.Client.SignalWorkflow(ctx, e.ID, e.RunID, workflows.SignalRunning, nil)
	if err != nil && context.Cause(ctx) != context.Canceled { //nolint:errorlint // the very value: the action has ended
		r.Logger.Warn("The log cannot show that the task runs", "task", e.ID, "error", err)
	}
}
