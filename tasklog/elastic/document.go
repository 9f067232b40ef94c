package elastic

import (
	"encoding/json"
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/converter"

	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/tasklog"
)

// document is the fields of a hit.
type document map[string]json.RawMessage

// sourceFields are the fields that reader needs.
func sourceFields(selected []tasklog.Column, sort tasklog.Column) []string {
	fields := []string{runIDField, executionStatusField, memoField, memoEncodingField, sort.Attribute()}
	for _, c := range selected {
		if c != tasklog.Report { // which is in the memo
			fields = append(fields, c.Attribute())
		}
	}
	return fields
}

// entity reads the selected columns.
func (d document) entity(selected []tasklog.Column, data converter.DataConverter) (e tasklog.Entity, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("read task %q: %w", e.ID, err)
		}
	}()
	stored := ""
	for _, c := range selected {
		if c == tasklog.Report {
			continue
		}
		value, err := d.value(c)
		if err != nil {
			return e, err
		}
		if c == tasklog.Status {
			stored, _ = value.(string)
			continue
		}
		set(&e, c, value)
	}
	execution, err := d.text(executionStatusField)
	if err != nil {
		return e, err
	}
	status, err := enumspb.WorkflowExecutionStatusFromString(execution)
	if err != nil {
		return e, fmt.Errorf("field %s: %w", executionStatusField, err)
	}
	// What is not listed was left out by the query.
	e.Status, _ = tasklog.EffectiveStatus(stored, status)
	if e.Report, e.Attempts, err = d.memo(data); err != nil {
		return e, err
	}
	e.CompleteReport(stored)
	return e, nil
}

func (d document) memo(data converter.DataConverter) (*task.Report, int, error) {
	encoding, err := d.text(memoEncodingField)
	if err != nil {
		return nil, 0, err
	}
	var encoded []byte
	if raw, ok := d[memoField]; ok {
		if err := json.Unmarshal(raw, &encoded); err != nil {
			return nil, 0, fmt.Errorf("field %s: %w", memoField, err)
		}
	}
	memo, err := tasklog.DecodeMemo(encoded, encoding)
	if err != nil {
		return nil, 0, err
	}
	return tasklog.ReadMemo(memo, data)
}

// value returns what the column holds: a string, bool or time.Time; nil is NULL. Of the status it is what is stored.
func (d document) value(c tasklog.Column) (any, error) {
	raw, ok := d[c.Attribute()]
	if !ok {
		return c.Missing(), nil
	}
	var value any
	var err error
	switch c.Kind() {
	case tasklog.KindBool:
		value, err = decode[bool](raw)
	case tasklog.KindTime:
		var t time.Time
		t, err = decode[time.Time](raw)
		value = t.UTC().Truncate(time.Millisecond)
	case tasklog.KindText:
		var text string
		text, err = decode[string](raw)
		if value = text; text == "" && c.Nullable() {
			value = nil
		}
	}
	if err != nil {
		return nil, fmt.Errorf("field %s: %w", c.Attribute(), err)
	}
	return value, nil
}

func (d document) text(field string) (string, error) {
	raw, ok := d[field]
	if !ok {
		return "", nil
	}
	text, err := decode[string](raw)
	if err != nil {
		return "", fmt.Errorf("field %s: %w", field, err)
	}
	return text, nil
}

func decode[T any](raw json.RawMessage) (value T, err error) {
	err = json.Unmarshal(raw, &value)
	return value, err
}

// set puts a column's value into the entity.
func set(e *tasklog.Entity, c tasklog.Column, value any) {
	text, _ := value.(string)
	at, _ := value.(time.Time)
	switch c {
	case tasklog.ID:
		e.ID = task.ID(text)
	case tasklog.ParentID:
		e.ParentID = task.ID(text)
	case tasklog.TaskName:
		e.TaskName = text
	case tasklog.MasterStatus:
		e.MasterStatus, _ = value.(bool)
	case tasklog.Parameters:
		e.Parameters = text
	case tasklog.Label:
		e.Label = text
	case tasklog.Owner:
		e.Owner = text
	case tasklog.CreatedAt:
		e.CreatedAt = at
	case tasklog.UpdatedAt:
		e.UpdatedAt = at
	case tasklog.Category:
		e.Category = task.Category(text)
	case tasklog.Queue:
		e.Queue = text
	}
}
