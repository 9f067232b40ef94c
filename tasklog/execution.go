package tasklog

import (
	"fmt"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/sdk/converter"

	"github.com/distributed-task-queue/taskqueue/internal/attribute"
	"github.com/distributed-task-queue/taskqueue/task"
)

// FromExecution returns the row of a workflow execution as Temporal's API describes it; it is false if
// the execution is not in the log. The data converter reads the report.
func FromExecution(info *workflowpb.WorkflowExecutionInfo, data converter.DataConverter) (Row, bool, error) {
	if info.GetType().GetName() != WorkflowType {
		return Row{}, false, nil
	}
	a := attributes{fields: info.GetSearchAttributes().GetIndexedFields()}
	stored := a.text(Status, string(task.Enqueued))
	status, listed := EffectiveStatus(stored, info.GetStatus())
	if !listed {
		return Row{}, false, nil
	}
	report, attempts, err := ReadMemo(info.GetMemo(), data)
	row := Row{
		Entity: Entity{
			ID:           task.ID(info.GetExecution().GetWorkflowId()),
			ParentID:     task.ID(a.text(ParentID, "")),
			TaskName:     a.text(TaskName, ""),
			Parameters:   a.text(Parameters, ""),
			Label:        a.text(Label, ""),
			Status:       status,
			MasterStatus: a.bool(MasterStatus),
			Owner:        a.text(Owner, ""),
			Report:       report,
			CreatedAt:    a.time(CreatedAt),
			UpdatedAt:    a.time(UpdatedAt),
			Category:     task.Category(a.text(Category, string(task.CategoryUnknown))),
			Queue:        info.GetTaskQueue(),
			Attempts:     attempts,
		},
		RunID:      info.GetExecution().GetRunId(),
		ReportText: a.text(Report, ""),
		Text:       a.keyword(attribute.Text.GetName()),
		Duration:   a.duration(),
	}
	row.CompleteReport(stored)
	if err == nil {
		err = a.err
	}
	if err != nil {
		return Row{}, false, fmt.Errorf("read task %q: %w", row.ID, err)
	}
	return row, true, nil
}

// ReadMemo returns the report that a memo holds, nil if it holds none, and how often an idempotent action was started.
func ReadMemo(memo *commonpb.Memo, data converter.DataConverter) (report *task.Report, attempts int, err error) {
	if payload, ok := memo.GetFields()[attribute.MemoReport]; ok {
		report = &task.Report{}
		if err := data.FromPayload(payload, report); err != nil {
			return nil, 0, fmt.Errorf("decode the report in the memo: %w", err)
		}
	}
	if payload, ok := memo.GetFields()[attribute.MemoAttempts]; ok {
		if err := data.FromPayload(payload, &attempts); err != nil {
			return nil, 0, fmt.Errorf("decode the attempts in the memo: %w", err)
		}
	}
	return report, attempts, nil
}

// attributes reads search attributes; the first error is kept.
type attributes struct {
	fields map[string]*commonpb.Payload
	err    error
}

func (a *attributes) text(c Column, missing string) string {
	value := missing
	a.read(c, &value)
	return value
}

func (a *attributes) bool(c Column) bool {
	var value bool
	a.read(c, &value)
	return value
}

func (a *attributes) time(c Column) time.Time {
	var value time.Time
	a.read(c, &value)
	if value.IsZero() {
		return time.Time{}
	}
	return value.UTC().Truncate(time.Millisecond)
}

// keyword reads an attribute that is no column; empty if it is not set.
func (a *attributes) keyword(name string) string {
	var value string
	a.readNamed(name, &value)
	return value
}

// duration reads how long the task took; nil if it is not set.
func (a *attributes) duration() *time.Duration {
	var millis *int64
	a.readNamed(attribute.Duration.GetName(), &millis)
	if millis == nil {
		return nil
	}
	return new(time.Duration(*millis) * time.Millisecond)
}

func (a *attributes) read(c Column, target any) { a.readNamed(c.Attribute(), target) }

func (a *attributes) readNamed(name string, target any) {
	payload, ok := a.fields[name]
	if !ok || a.err != nil {
		return
	}
	// Temporal's own encoding, whatever converter the client uses for its data.
	if err := converter.GetDefaultDataConverter().FromPayload(payload, target); err != nil {
		a.err = fmt.Errorf("decode search attribute %s: %w", name, err)
	}
}
