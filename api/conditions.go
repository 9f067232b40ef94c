package api

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/distributed-task-queue/taskqueue/tasklog"
)

// conditions is the part of a body that says which tasks are meant.
type conditions struct {
	Filters   []condition `json:"filters"`
	Text      string      `json:"text"`
	Available *available  `json:"available"`
}

type condition struct {
	Column tasklog.Column   `json:"column"`
	Op     tasklog.Operator `json:"op"`
	Value  json.RawMessage  `json:"value"`
}

type available struct {
	User      string `json:"user"`
	Archived  bool   `json:"archived"`
	Cancelled bool   `json:"cancelled"`
}

// filter returns the filter that wants these tasks.
func (b conditions) filter(c *call) (*tasklog.Filter, error) {
	f := tasklog.NewFilter()
	if a := b.Available; a != nil {
		user, err := c.visitor.user("available.user", a.User)
		if err != nil {
			return nil, err
		}
		f = c.log.Available(user, a.Archived, a.Cancelled)
	}
	if b.Text != "" {
		f.Text(b.Text)
	}
	return f, addConditions(f, b.Filters)
}

// addConditions adds the conditions of a body to a filter.
func addConditions(f *tasklog.Filter, conditions []condition) error {
	for i, condition := range conditions {
		decoder := json.NewDecoder(bytes.NewReader(condition.Value))
		decoder.UseNumber()
		var value any
		if err := decoder.Decode(&value); err != nil {
			return fmt.Errorf("decode the value of filter %d: %w", i, err)
		}
		if err := f.Add(condition.Column, condition.Op, value); err != nil {
			return fmt.Errorf("filter %d: %w", i, err)
		}
	}
	return nil
}
