package relay

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/distributed-task-queue/taskqueue/task"
)

var errUnreadable = errors.New("the message is neither a task, with id and action, nor one of the PHP system, with taskFqcn")

// decode reads a message: a task as our brokers write it, or what the PHP system sends, which is foreign.
func decode(body []byte, phpActions map[string]string) (t *task.Task, foreign bool, err error) {
	var kind struct {
		Class  string `json:"taskFqcn"`
		Action string `json:"action"`
	}
	if err := json.Unmarshal(body, &kind); err != nil {
		return nil, false, fmt.Errorf("%w: %w", errUnreadable, err)
	}
	switch {
	case kind.Class != "":
		t, err = decodePHP(body, phpActions)
		return t, true, err
	case kind.Action != "":
		t, err = decodeOurs(body)
		return t, false, err
	}
	return nil, false, errUnreadable
}

func decodeOurs(body []byte) (*task.Task, error) {
	var t task.Task
	if err := json.Unmarshal(body, &t); err != nil {
		return nil, fmt.Errorf("read the task: %w", err)
	}
	if len(t.Parameters) == 0 {
		t.Parameters = task.EmptyParameters
	}
	// Those are not for enqueuers to say.
	t.Archived, t.Supersedes, t.RunOn = false, "", ""
	return &t, nil
}

// phpMessage is a task as the PHP system serialises it.
type phpMessage struct {
	Class    string `json:"taskFqcn"`
	Metadata struct {
		ID        string          `json:"__id__"`
		CreatedAt string          `json:"__created_at__"`
		Owner     *string         `json:"__owner__"`
		ParentID  string          `json:"__parent_id__"`
		Master    json.RawMessage `json:"__master_status__"` // 0, 1, or a boolean
		Label     *string         `json:"__label__"`
		Callable  json.RawMessage `json:"__callable__"`
		Trace     json.RawMessage `json:"__otel_trace_context__"`
	} `json:"metadata"`
	Parameters json.RawMessage `json:"parameters"`
}

func decodePHP(body []byte, actions map[string]string) (*task.Task, error) {
	var m phpMessage
	if err := json.Unmarshal(body, &m); err != nil {
		return nil, fmt.Errorf("read the message of the PHP system: %w", err)
	}
	class, err := phpClass(m)
	if err != nil {
		return nil, err
	}
	t := &task.Task{ID: task.ID(m.Metadata.ID), Action: class, Parameters: phpParameters(m.Parameters)}
	if action, mapped := actions[class]; mapped {
		t.Action = action
	}
	t.ParentID = task.ID(m.Metadata.ParentID)
	if m.Metadata.Owner != nil {
		t.Owner = *m.Metadata.Owner
	}
	if m.Metadata.Label != nil {
		t.Label = shorten(*m.Metadata.Label)
	}
	switch strings.Trim(string(m.Metadata.Master), `"`) {
	case "1", "true":
		t.Master = true
	}
	if m.Metadata.CreatedAt != "" {
		created, err := time.Parse(time.RFC3339, m.Metadata.CreatedAt)
		if err != nil {
			return nil, fmt.Errorf("__created_at__ is %q; it must be a time in ISO 8601, such as 2025-01-01T00:00:00+00:00", m.Metadata.CreatedAt)
		}
		t.CreatedAt = created.UTC().Truncate(time.Millisecond)
	}
	var trace struct {
		Parent string `json:"traceparent"`
		State  string `json:"tracestate"`
	}
	if json.Unmarshal(m.Metadata.Trace, &trace) == nil { // what cannot be read counts as no trace
		t.TraceParent, t.TraceState = trace.Parent, trace.State
	}
	return t, nil
}

// phpClass returns the class that does the work: the callable's, with its method if that is static, else the task's own.
func phpClass(m phpMessage) (string, error) {
	callable := m.Metadata.Callable
	if len(callable) == 0 || string(callable) == "null" {
		return strings.TrimPrefix(m.Class, `\`), nil
	}
	var class string
	if json.Unmarshal(callable, &class) == nil && class != "" {
		return strings.TrimPrefix(class, `\`), nil
	}
	var method []string
	if json.Unmarshal(callable, &method) == nil && len(method) == 2 {
		return strings.TrimPrefix(method[0], `\`) + "::" + method[1], nil
	}
	return "", fmt.Errorf("__callable__ is %s; only the name of a class, or of a class and a static method, can be mapped to an action",
		task.Truncate(string(callable), 200))
}

// phpParameters returns the parameters. PHP has one type for lists and maps, so an empty list may be an empty map.
func phpParameters(raw json.RawMessage) json.RawMessage {
	if compact := strings.Join(strings.Fields(string(raw)), ""); compact == "" || compact == "[]" || compact == "null" {
		return task.EmptyParameters
	}
	return raw
}

// shorten cuts a label to what the log takes.
func shorten(label string) string {
	if utf8.RuneCountInString(label) <= task.MaxTextLength {
		return label
	}
	return string([]rune(label)[:task.MaxTextLength-1]) + "…"
}
