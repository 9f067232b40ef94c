// Package newtask is the JSON that asks for a task, as the REST API and files for taskctl have it.
package newtask

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/distributed-task-queue/taskqueue"
	"github.com/distributed-task-queue/taskqueue/task"
)

// Task is a task that is wanted.
type Task struct {
	Action         string          `json:"action"`
	Parameters     json.RawMessage `json:"parameters"`
	Label          string          `json:"label"`
	Queue          string          `json:"queue"`
	Owner          string          `json:"owner"`
	Category       task.Category   `json:"category"`
	ParentID       task.ID         `json:"parentId"`
	ID             task.ID         `json:"id"`
	MasterStatus   bool            `json:"masterStatus"`
	Delay          Delay           `json:"delay"`
	Priority       int             `json:"priority"`
	IdempotencyKey string          `json:"idempotencyKey"`
}

// Library returns the task as the library wants it.
func (t Task) Library() taskqueue.NewTask {
	return taskqueue.NewTask{Action: t.Action, Parameters: t.Parameters, Label: t.Label, Options: &taskqueue.Options{
		ID: t.ID, Queue: t.Queue, Owner: t.Owner, Category: t.Category, ParentID: t.ParentID, Master: t.MasterStatus,
		Delay: time.Duration(t.Delay), Priority: t.Priority, IdempotencyKey: t.IdempotencyKey,
	}}
}

// Delay is a duration that JSON has as a number of seconds or as Go spells it: "1m30s".
type Delay time.Duration

// UnmarshalJSON reads either form.
func (d *Delay) UnmarshalJSON(data []byte) error {
	var text string
	if json.Unmarshal(data, &text) == nil {
		parsed, err := time.ParseDuration(text)
		if err != nil {
			return &task.InvalidError{Field: "delay", Reason: fmt.Sprintf(`is %q; give a number of seconds, or a duration such as "90s" or "1h30m"`, text)}
		}
		*d = Delay(parsed)
		return nil
	}
	seconds, err := strconv.ParseFloat(string(data), 64)
	if err != nil || math.Abs(seconds) >= math.MaxInt64/float64(time.Second) {
		return &task.InvalidError{Field: "delay", Reason: fmt.Sprintf("is %s; give a number of seconds that is smaller", data)}
	}
	*d = Delay(seconds * float64(time.Second))
	return nil
}
