package activities

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/workflows"
)

// MaxReportSize is how many bytes a report may have as JSON. It is kept twice, in the
// workflow's memo and in its result, which must fit into one message to the server.
const MaxReportSize = 1 << 20

// signalRunningAfter is when the log is told that a task runs. A task that is done sooner
// costs no write for it.
const signalRunningAfter = time.Second

// signalTimeout is how long the server may take to be told.
const signalTimeout = 10 * time.Second

// Error types of failed activities.
const (
	ErrorTypeAction = "ActionFailed" // the action returned an error
	ErrorTypeReport = "InvalidReport"
)

// Runner runs the actions of a registry as Temporal activities.
type Runner struct {
	Registry *Registry
	Client   client.Client // signals the workflow that its action runs
	Logger   *slog.Logger
}

// Run runs the action that the activity in ctx is for. It heartbeats by itself as long as the action runs. The
// result is nil if the action returned no report.
func (r *Runner) Run(ctx context.Context, action Action, parameters json.RawMessage) (*task.Report, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go r.showLife(ctx)

	report, err := action.Run(ctx, parameters)
	if err != nil {
		if cause := ctx.Err(); cause != nil {
			return nil, fmt.Errorf("action %s: %w", action.Name, err)
		}
		return nil, temporal.NewNonRetryableApplicationError(err.Error(), ErrorTypeAction, nil)
	}
	if report.Type == "" && report.Message == "" && report.Data == nil && len(report.Children) == 0 {
		return nil, nil
	}
	if err := report.Validate(); err != nil {
		return nil, temporal.NewNonRetryableApplicationError(err.Error(), ErrorTypeReport, nil)
	}
	return fit(report)
}

// showLife heartbeats, and after a second tells the workflow that its action runs.
func (r *Runner) showLife(ctx context.Context) {
	info := activity.GetInfo(ctx)
	heartbeat := time.NewTicker(max(info.HeartbeatTimeout, time.Second) / 3)
	defer heartbeat.Stop()
	running := time.NewTimer(signalRunningAfter)
	defer running.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-heartbeat.C:
			activity.RecordHeartbeat(ctx)
		case <-running.C:
			go r.signalRunning(ctx, info.WorkflowExecution) // it may take long, and heartbeats must not wait for it
		}
	}
}

func (r *Runner) signalRunning(ctx context.Context, e workflow.Execution) {
	ctx, cancel := context.WithTimeout(ctx, signalTimeout)
	defer cancel()
	err := r.Client.SignalWorkflow(ctx, e.ID, e.RunID, workflows.SignalRunning, nil)
	if err != nil && context.Cause(ctx) != context.Canceled { //nolint:errorlint // the very value: the action has ended
		r.Logger.Warn("The log cannot show that the task runs", "task", e.ID, "error", err)
	}
}

// fit returns the report, cut to its root if it is too large to be kept.
func fit(report task.Report) (*task.Report, error) {
	encoded, err := json.Marshal(report)
	if err != nil {
		return nil, temporal.NewNonRetryableApplicationError(
			fmt.Sprintf("the report cannot be written as JSON: %v", err), ErrorTypeReport, nil)
	}
	if len(encoded) <= MaxReportSize {
		return &report, nil
	}
	note := task.Warning
	if report.Failed() {
		note = task.Error
	}
	cut := task.Report{Type: report.Type, Message: truncate(report.Message, MaxReportSize/2)}.
		Add(note("The report had %d bytes; its data and children were cut, as at most %d bytes are kept.", len(encoded), MaxReportSize))
	return &cut, nil
}

func truncate(s string, bytes int) string {
	if len(s) <= bytes {
		return s
	}
	return string([]rune(s[:bytes])) // a rune cut in half becomes U+FFFD
}

// TaskID returns the id of the task that an action runs for; "" outside of a task.
func TaskID(ctx context.Context) task.ID {
	if !activity.IsActivity(ctx) {
		return ""
	}
	return task.ID(activity.GetInfo(ctx).WorkflowExecution.ID)
}
