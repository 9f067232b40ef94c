package taskqueuetest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/distributed-task-queue/taskqueue/task"
)

// Want says what a task must be like. Fields that are not set are not compared.
type Want struct {
	Action     string // RequireEnqueued and RequireNotEnqueued set it
	Parameters any    // anything that encodes to JSON; compared with all of the task's parameters, as JSON
	ID         task.ID
	ParentID   task.ID
	Queue      string
	Owner      string
	Label      string
	Category   task.Category
	Priority   int
	Delay      time.Duration // the delay with which it was enqueued
}

// mismatch says what of the task is not as wanted; "" if it is.
func (w Want) mismatch(t *task.Task) string {
	var reasons []string
	compare := func(field string, set bool, got, want any) {
		if set && got != want {
			reasons = append(reasons, fmt.Sprintf("%s is %s, not %s", field, show(got), show(want)))
		}
	}
	compare("action", w.Action != "", t.Action, w.Action)
	compare("id", w.ID != "", t.ID, w.ID)
	compare("parent", w.ParentID != "", t.ParentID, w.ParentID)
	compare("queue", w.Queue != "", t.Queue, w.Queue)
	compare("owner", w.Owner != "", t.Owner, w.Owner)
	compare("label", w.Label != "", t.Label, w.Label)
	compare("category", w.Category != "", category(t), w.Category)
	compare("priority", w.Priority != 0, t.Priority, w.Priority)
	compare("delay", w.Delay != 0, delay(t), w.Delay)
	if w.Parameters != nil {
		wanted, err := task.EncodeParameters(w.Parameters)
		if err != nil {
			return fmt.Sprintf("Want.Parameters: %v", err)
		}
		compare("parameters", true, canonical(t.Parameters), canonical(wanted))
	}
	return strings.Join(reasons, "; ")
}

func show(value any) string {
	switch v := value.(type) {
	case string, task.ID, task.Category:
		return fmt.Sprintf("%q", v)
	}
	return fmt.Sprint(value)
}

func category(t *task.Task) task.Category {
	if t.Category == "" {
		return task.CategoryUnknown
	}
	return t.Category
}

func delay(t *task.Task) time.Duration {
	if t.NotBefore.IsZero() {
		return 0
	}
	return t.NotBefore.Sub(t.CreatedAt)
}

// canonical is JSON whose fields are in order, so that equal values are equal.
type canonicalJSON string

func canonical(raw json.RawMessage) canonicalJSON {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var value any
	if err := dec.Decode(&value); err != nil {
		return canonicalJSON(raw)
	}
	encoded, err := json.Marshal(value)
	if err != nil {
		return canonicalJSON(raw)
	}
	return canonicalJSON(encoded)
}

// describe says on one line what a task is like.
func describe(t *task.Task) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s label=%q queue=%s", t, t.Label, t.Queue)
	tell := func(field string, set bool, value any) {
		if set {
			fmt.Fprintf(&b, " %s=%v", field, value)
		}
	}
	tell("owner", t.Owner != "", t.Owner)
	tell("category", t.Category != "", t.Category)
	tell("parent", t.ParentID != "", t.ParentID)
	tell("priority", t.Priority != 0, t.Priority)
	tell("delay", delay(t) != 0, delay(t))
	tell("parameters", true, string(t.Parameters))
	return b.String()
}
