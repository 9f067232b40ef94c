package sqlite

import (
	"database/sql"
	"database/sql/driver"
	"fmt"
	"strings"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/converter"

	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/tasklog"
)

// reader reads the selected columns of rows. It is used by one search.
type reader struct {
	data        converter.DataConverter
	expressions []string
	targets     []any
	assign      []func(*tasklog.Entity)

	execution int32
	status    string
	memo      []byte
	encoding  string
	key       driver.Valuer // what the current row is sorted by
}

func newReader(schema schema, f *tasklog.Filter, data converter.DataConverter) *reader {
	r := &reader{data: data}
	r.add("e.status", &r.execution)
	for _, c := range f.Columns() {
		r.column(schema, c)
	}
	column, _ := f.Sort()
	switch column.Kind() {
	case tasklog.KindBool:
		r.key = new(sql.NullBool)
	case tasklog.KindTime:
		r.key = new(sql.NullTime)
	case tasklog.KindText:
		r.key = new(sql.NullString)
	}
	r.add(key(schema, column), r.key)
	return r
}

// sortKey returns what the last row that was read is sorted by; nil is NULL.
func (r *reader) sortKey() any {
	value, _ := r.key.Value() // which never fails for these types
	return value
}

func (r *reader) add(expression string, target any) {
	r.expressions = append(r.expressions, expression)
	r.targets = append(r.targets, target)
}

func (r *reader) column(schema schema, c tasklog.Column) {
	expression := value(schema, c)
	text := func(set func(*tasklog.Entity, string)) {
		target := new(sql.NullString)
		r.add(expression, target)
		r.assign = append(r.assign, func(e *tasklog.Entity) { set(e, target.String) })
	}
	at := func(set func(*tasklog.Entity, time.Time)) {
		target := new(sql.NullTime)
		r.add(expression, target)
		r.assign = append(r.assign, func(e *tasklog.Entity) {
			if target.Valid {
				set(e, target.Time.UTC())
			}
		})
	}
	switch c {
	case tasklog.ID:
		text(func(e *tasklog.Entity, v string) { e.ID = task.ID(v) })
	case tasklog.ParentID:
		text(func(e *tasklog.Entity, v string) { e.ParentID = task.ID(v) })
	case tasklog.TaskName:
		text(func(e *tasklog.Entity, v string) { e.TaskName = v })
	case tasklog.Status:
		r.add(expression, &r.status)
	case tasklog.MasterStatus:
		target := new(bool)
		r.add(expression, target)
		r.assign = append(r.assign, func(e *tasklog.Entity) { e.MasterStatus = *target })
	case tasklog.Report:
		r.add("e.memo", &r.memo)
		r.add("e.encoding", &r.encoding)
	case tasklog.Parameters:
		text(func(e *tasklog.Entity, v string) { e.Parameters = v })
	case tasklog.Label:
		text(func(e *tasklog.Entity, v string) { e.Label = v })
	case tasklog.Owner:
		text(func(e *tasklog.Entity, v string) { e.Owner = v })
	case tasklog.CreatedAt:
		at(func(e *tasklog.Entity, v time.Time) { e.CreatedAt = v })
	case tasklog.UpdatedAt:
		at(func(e *tasklog.Entity, v time.Time) { e.UpdatedAt = v })
	case tasklog.Category:
		text(func(e *tasklog.Entity, v string) { e.Category = task.Category(v) })
	case tasklog.Queue:
		text(func(e *tasklog.Entity, v string) { e.Queue = v })
	}
}

// list is what to SELECT.
func (r *reader) list() string { return strings.Join(r.expressions, ", ") }

// read reads the current row.
func (r *reader) read(rows *sql.Rows) (tasklog.Entity, error) {
	if err := rows.Scan(r.targets...); err != nil {
		return tasklog.Entity{}, fmt.Errorf("read a row: %w", err)
	}
	var e tasklog.Entity
	for _, assign := range r.assign {
		assign(&e)
	}
	// Rows that are not listed were left out by the statement.
	e.Status, _ = tasklog.EffectiveStatus(r.status, enumspb.WorkflowExecutionStatus(r.execution))
	memo, err := tasklog.DecodeMemo(r.memo, r.encoding)
	if err == nil {
		e.Report, e.Attempts, err = tasklog.ReadMemo(memo, r.data)
	}
	e.CompleteReport(r.status)
	if err != nil {
		return tasklog.Entity{}, fmt.Errorf("read task %q: %w", e.ID, err)
	}
	return e, nil
}
