package task

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"
)

// Task is one piece of work: an action to be run once with its parameters.
// Its JSON is also the input of the Temporal workflow that the task is, so a
// program in any language can read or start one.
type Task struct {
	ID     ID     `json:"id"`
	Action string `json:"action"`
	// Parameters is the action's one JSON argument. Empty means an empty object.
	Parameters json.RawMessage `json:"parameters"`
	Label      string          `json:"label"` // what people call this task; may be empty
	Metadata

	// Report is what a task of a sync queue reported, which was run while it was enqueued. It is nil for others: the task log tells.
	Report *Report `json:"-"`
}

// Metadata is what is known of a task beside its work.
type Metadata struct {
	Queue    string   `json:"queue"`              // the queue that the dispatcher chose
	Owner    string   `json:"owner,omitempty"`    // who enqueued it; empty for nobody
	Category Category `json:"category,omitempty"` // empty means CategoryUnknown
	ParentID ID       `json:"parentId,omitempty"` // the task that enqueued this one
	// Master marks a task whose status its children never change.
	Master    bool      `json:"masterStatus,omitempty"`
	CreatedAt time.Time `json:"createdAt"` // when it was enqueued: UTC, whole milliseconds
	// NotBefore delays the start; the zero time starts it as soon as a worker is free.
	NotBefore time.Time `json:"notBefore,omitzero"`
	// Priority inside the queue, from 1 (first) to 5 (last); 0 is the default, 3.
	Priority int `json:"priority,omitempty"`
	// Policy says how the action may be run. nil leaves it to the worker, for enqueuers that do not know the action.
	Policy *Policy `json:"policy,omitempty"`
	// Archived marks the record of a task that was put away; it is never run.
	Archived bool `json:"archived,omitempty"`
	// Supersedes is, in such a record, the run id of the execution that it replaces, which its worker deletes.
	Supersedes string `json:"supersedes,omitempty"`
	// TraceParent and TraceState are the W3C trace context of whoever enqueued the task. Empty means that it is not traced; what cannot
	// be read counts as empty.
	TraceParent string `json:"traceparent,omitempty"`
	TraceState  string `json:"tracestate,omitempty"`
	// RunOn is the Temporal task queue of the one process that may run the action. Empty means any worker of the queue.
	RunOn string `json:"runOn,omitempty"`
	// RequestDigest stands for all that the task was enqueued with, if that had an idempotency key: with the same key nothing
	// else may be enqueued.
	RequestDigest string `json:"requestDigest,omitempty"`
}

// The bounds of Metadata.Priority.
const (
	MinPriority = 1
	MaxPriority = 5
)

// EmptyParameters are the parameters of a task that was given none.
var EmptyParameters = json.RawMessage("{}")

// EncodeParameters returns params as JSON. JSON given as json.RawMessage or []byte is taken as it is, and
// must be valid; nil gives EmptyParameters.
func EncodeParameters(params any) (json.RawMessage, error) {
	var raw json.RawMessage
	switch p := params.(type) {
	case nil:
		return EmptyParameters, nil
	case json.RawMessage:
		raw = p
	case []byte:
		raw = p
	default:
		encoded, err := json.Marshal(params)
		if err != nil {
			return nil, &InvalidError{Field: "parameters", Reason: fmt.Sprintf("cannot be written as JSON: %v", err)}
		}
		return encoded, nil
	}
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 || string(raw) == "null" {
		return EmptyParameters, nil
	}
	if !json.Valid(raw) {
		return nil, &InvalidError{Field: "parameters", Reason: "is not valid JSON"}
	}
	return raw, nil
}

// Validate checks every field, and returns an *InvalidError that names the first wrong one.
func (t *Task) Validate() error {
	if err := t.ID.Validate(); err != nil {
		return err
	}
	if t.Action == "" {
		return &InvalidError{Field: "action", Reason: "is empty; name the action to run"}
	}
	if t.Queue == "" {
		return &InvalidError{Field: "queue", Reason: "is empty"}
	}
	for _, f := range []struct{ name, value string }{
		{"action", t.Action}, {"queue", t.Queue},
	} {
		if err := validateName(f.name, f.value); err != nil {
			return err
		}
	}
	if err := validateID("parentId", t.ParentID); err != nil {
		return err
	}
	for _, f := range []struct{ name, value string }{{"label", t.Label}, {"owner", t.Owner}} {
		if err := validateText(f.name, f.value); err != nil {
			return err
		}
	}
	if _, err := ParseCategory(string(t.Category)); err != nil {
		return &InvalidError{Field: "category", Reason: err.Error()}
	}
	if t.Priority != 0 && (t.Priority < MinPriority || t.Priority > MaxPriority) {
		return &InvalidError{Field: "priority", Reason: fmt.Sprintf("is %d; allowed are %d (first) to %d (last)", t.Priority, MinPriority, MaxPriority)}
	}
	if !json.Valid(t.Parameters) {
		return &InvalidError{Field: "parameters", Reason: "is not valid JSON"}
	}
	if t.Policy != nil {
		return t.Policy.Validate()
	}
	return nil
}

// String returns `TASK <action> [<id>]`, for logs.
func (t *Task) String() string { return fmt.Sprintf("TASK %s [%s]", t.Action, t.ID) }
