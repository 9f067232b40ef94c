package elastic

import (
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/converter"

	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/tasklog"
)

// document is what the index holds of an execution. A field that is not set is nil.
type document struct {
	WorkflowID      *string `json:"WorkflowId"`
	TaskQueue       *string
	ExecutionStatus string
	Memo            []byte
	MemoEncoding    string

	TaskParent     *string
	TaskName       *string
	TaskStatus     *string
	TaskMaster     *bool
	TaskReport     *string
	TaskParameters *string
	TaskLabel      *string
	TaskOwner      *string
	TaskCreatedAt  *time.Time
	TaskUpdatedAt  *time.Time
	TaskCategory   *string
}

// sourceFields are the fields of a document that the columns are in.
func sourceFields(columns []tasklog.Column) []string {
	fields := []string{executionStatusField, memoField, memoEncodingField}
	for _, c := range columns {
		fields = append(fields, c.Attribute())
	}
	return fields
}

// stored returns what the index holds of a column: a string, bool or time.Time, nil if it is not set.
func (d *document) stored(c tasklog.Column) any {
	switch c {
	case tasklog.ID:
		return set(d.WorkflowID)
	case tasklog.ParentID:
		return set(d.TaskParent)
	case tasklog.TaskName:
		return set(d.TaskName)
	case tasklog.Status:
		return set(d.TaskStatus)
	case tasklog.MasterStatus:
		return set(d.TaskMaster)
	case tasklog.Report:
		return set(d.TaskReport)
	case tasklog.Parameters:
		return set(d.TaskParameters)
	case tasklog.Label:
		return set(d.TaskLabel)
	case tasklog.Owner:
		return set(d.TaskOwner)
	case tasklog.CreatedAt:
		return set(d.TaskCreatedAt)
	case tasklog.UpdatedAt:
		return set(d.TaskUpdatedAt)
	case tasklog.Category:
		return set(d.TaskCategory)
	case tasklog.Queue:
		return set(d.TaskQueue)
	}
	return nil
}

func set[T any](value *T) any {
	if value == nil {
		return nil
	}
	return *value
}

// value returns what stored does, or the value that the column has when it is not set.
func (d *document) value(c tasklog.Column) any {
	if value := d.stored(c); value != nil {
		return value
	}
	return c.Missing()
}

func (d *document) text(c tasklog.Column) string {
	text, _ := d.value(c).(string)
	return text
}

func (d *document) time(c tasklog.Column) time.Time {
	t, _ := d.value(c).(time.Time)
	return t.UTC().Truncate(time.Millisecond)
}

// entity reads the selected columns.
func (d *document) entity(selected []tasklog.Column, data converter.DataConverter) (tasklog.Entity, error) {
	var e tasklog.Entity
	for _, c := range selected {
		d.read(c, &e)
	}
	status, err := enumspb.WorkflowExecutionStatusFromString(d.ExecutionStatus)
	if err != nil {
		return e, fmt.Errorf("read task %q: field %s: %w", e.ID, executionStatusField, err)
	}
	stored := d.text(tasklog.Status)
	// What is not listed was left out by the query.
	e.Status, _ = tasklog.EffectiveStatus(stored, status)
	memo, err := tasklog.DecodeMemo(d.Memo, d.MemoEncoding)
	if err == nil {
		e.Report, e.Attempts, err = tasklog.ReadMemo(memo, data)
	}
	if err != nil {
		return e, fmt.Errorf("read task %q: %w", e.ID, err)
	}
	e.CompleteReport(stored)
	return e, nil
}

// read puts a column into the entity; status and report are more than one field.
func (d *document) read(c tasklog.Column, e *tasklog.Entity) {
	switch c {
	case tasklog.ID:
		e.ID = task.ID(d.text(c))
	case tasklog.ParentID:
		e.ParentID = task.ID(d.text(c))
	case tasklog.TaskName:
		e.TaskName = d.text(c)
	case tasklog.MasterStatus:
		e.MasterStatus, _ = d.value(c).(bool)
	case tasklog.Parameters:
		e.Parameters = d.text(c)
	case tasklog.Label:
		e.Label = d.text(c)
	case tasklog.Owner:
		e.Owner = d.text(c)
	case tasklog.CreatedAt:
		e.CreatedAt = d.time(c)
	case tasklog.UpdatedAt:
		e.UpdatedAt = d.time(c)
	case tasklog.Category:
		e.Category = task.Category(d.text(c))
	case tasklog.Queue:
		e.Queue = d.text(c)
	}
}
