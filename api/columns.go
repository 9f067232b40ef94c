package api

import (
	"errors"
	"fmt"

	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/tasklog"
)

// columnQuery is the part of a query that says which tasks are meant.
type columnQuery struct {
	Available string   `form:"available"`
	Text      string   `form:"text"`
	Status    []string `form:"status"`
	Action    []string `form:"action"`
	TaskName  []string `form:"taskName"`
	Queue     []string `form:"queue"`
	Owner     []string `form:"owner"`
	Category  []string `form:"category"`
	Label     []string `form:"label"`
	ParentID  []string `form:"parentId"`
	Filter    []string `form:"filter"`
}

// bindQuery reads the query into a value. It has been checked.
func (c *call) bindQuery(target any) error {
	if err := c.ShouldBindQuery(target); err != nil {
		return kindInvalid.problem("", fmt.Sprintf("the query cannot be read: %v", err))
	}
	return nil
}

// filter returns the filter that wants these tasks.
func (q columnQuery) filter(c *call) (*tasklog.Filter, error) {
	f := tasklog.NewFilter()
	if q.Available != "" {
		user, err := c.visitor.user("available", q.Available)
		if err != nil {
			return nil, err
		}
		f = c.log.Available(user, false, false)
	}
	if q.Text != "" {
		f.Text(q.Text)
	}
	for _, condition := range []struct {
		column tasklog.Column
		values []string
	}{
		{tasklog.Status, task.ExpandStatuses(q.Status)},
		{tasklog.TaskName, q.Action}, {tasklog.TaskName, q.TaskName},
		{tasklog.Queue, q.Queue}, {tasklog.Owner, q.Owner}, {tasklog.Category, q.Category},
		{tasklog.Label, q.Label}, {tasklog.ParentID, q.ParentID},
	} {
		switch len(condition.values) {
		case 0:
		case 1:
			f.Eq(condition.column, condition.values[0])
		default:
			f.In(condition.column, condition.values)
		}
	}
	for _, expression := range q.Filter {
		err := f.AddExpression(expression)
		if wrong, ok := errors.AsType[*tasklog.FilterError](err); ok {
			return nil, kindFilter.problem("filter", fmt.Sprintf("in '%s': %s %s", expression, wrong.Field, wrong.Reason))
		}
		if err != nil {
			return nil, err
		}
	}
	return f, nil
}
