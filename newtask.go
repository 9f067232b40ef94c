package taskqueue

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/distributed-task-queue/taskqueue/dispatcher"
	"github.com/distributed-task-queue/taskqueue/task"
)

func (c *Client) newTask(action string, parameters any, label string, o Options) (*task.Task, error) {
	if err := c.checkAction(action); err != nil {
		return nil, err
	}
	raw, err := task.EncodeParameters(parameters)
	if err != nil {
		return nil, err
	}
	now := time.Now().UTC().Truncate(time.Millisecond)
	t := &task.Task{
		ID: o.ID, Action: action, Parameters: raw, Label: label,
		Metadata: task.Metadata{
			Queue: o.Queue, Owner: o.Owner, Category: o.Category,
			ParentID: o.ParentID, Master: o.Master, CreatedAt: now, Priority: o.Priority, Policy: c.policyOf(action),
		},
	}
	if err := identify(t, o); err != nil {
		return nil, err
	}
	if t.Owner == "" && t.ParentID == "" { // a child has its parent's owner
		t.Owner = c.config.Owner
	}
	if o.Delay < 0 {
		return nil, &task.InvalidError{Field: "delay", Reason: fmt.Sprintf("is %s; a delay cannot be negative", o.Delay)}
	}
	if o.Delay > 0 {
		t.NotBefore = now.Add(o.Delay)
	}
	if t.Category == "" {
		if t.Category, err = c.categoryOf(action, raw); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// checkAction refuses actions that nobody declared, if there is a declaration at all.
func (c *Client) checkAction(action string) error {
	if c.config.Declared == nil || action == "" {
		return nil
	}
	known := append(c.config.Actions.Names(), c.config.Declared...)
	for associated := range c.dispatcher.Associations() {
		known = append(known, associated)
	}
	slices.Sort(known)
	if !slices.Contains(known, action) {
		return &dispatcher.UnknownActionError{Name: action, Known: slices.Compact(known)}
	}
	return nil
}

func (c *Client) queueOf(action string, parameters json.RawMessage) (string, error) {
	a, ok := c.config.Actions.Lookup(action)
	if !ok || a.Queue == nil {
		return "", nil
	}
	return a.Queue(parameters)
}

// categoryOf asks the action itself first, then the configuration.
func (c *Client) categoryOf(action string, parameters json.RawMessage) (task.Category, error) {
	if a, ok := c.config.Actions.Lookup(action); ok && a.Category != nil {
		category, err := a.Category(parameters)
		if err != nil {
			return "", fmt.Errorf("ask action %q for its category: %w", action, err)
		}
		if category != "" {
			return category, nil
		}
	}
	return c.config.Categories[action], nil
}

// policyOf returns how the action may be run; nil if only a worker knows.
func (c *Client) policyOf(action string) *task.Policy {
	policy, known := c.config.Actions.EffectivePolicy(action, c.config.Policies)
	if !known {
		return nil
	}
	return &policy
}
