package api

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/distributed-task-queue/taskqueue"
	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/tasklog"
)

// newTask is the body of createTask.
type newTask struct {
	Action       string          `json:"action"`
	Parameters   json.RawMessage `json:"parameters"`
	Label        string          `json:"label"`
	Queue        string          `json:"queue"`
	Owner        string          `json:"owner"`
	Category     task.Category   `json:"category"`
	ParentID     task.ID         `json:"parentId"`
	ID           task.ID         `json:"id"`
	MasterStatus bool            `json:"masterStatus"`
	Delay        delay           `json:"delay"`
	Priority     int             `json:"priority"`
}

// delay is a duration that JSON has as a number of seconds or as Go spells it: "1m30s".
type delay time.Duration

// UnmarshalJSON reads either form.
func (d *delay) UnmarshalJSON(data []byte) error {
	var text string
	if json.Unmarshal(data, &text) == nil {
		parsed, err := time.ParseDuration(text)
		if err != nil {
			return &task.InvalidError{Field: "delay", Reason: fmt.Sprintf(`is %q; give a number of seconds, or a duration such as "90s" or "1h30m"`, text)}
		}
		*d = delay(parsed)
		return nil
	}
	seconds, err := strconv.ParseFloat(string(data), 64)
	if err != nil || math.Abs(seconds) >= math.MaxInt64/float64(time.Second) {
		return &task.InvalidError{Field: "delay", Reason: fmt.Sprintf("is %s; give a number of seconds that is smaller", data)}
	}
	*d = delay(seconds * float64(time.Second))
	return nil
}

func (s *Server) createTask(c *call) error {
	var body newTask
	if err := c.decode(&body); err != nil {
		return err
	}
	owner, err := c.ownerOf(body.Owner, body.ParentID)
	if err != nil {
		return err
	}
	created, err := s.config.Client.CreateTask(c.Request.Context(), body.Action, body.Parameters, body.Label, &taskqueue.Options{
		ID: body.ID, Queue: body.Queue, Owner: owner, Category: body.Category, ParentID: body.ParentID,
		Master: body.MasterStatus, Delay: time.Duration(body.Delay), Priority: body.Priority,
	})
	if err != nil {
		return err
	}
	return s.answerCreated(c, created)
}

// enqueued returns the task as the log has it when it has just been enqueued. Asking the log would cost
// another call, and tell no more.
func enqueued(t *task.Task) tasklog.Entity {
	e := tasklog.Entity{
		ID: t.ID, ParentID: t.ParentID, TaskName: t.Action, Parameters: string(t.Parameters), Label: t.Label,
		Status: task.Enqueued, MasterStatus: t.Master, Owner: t.Owner, CreatedAt: t.CreatedAt, UpdatedAt: t.CreatedAt,
		Category: t.Category, Queue: t.Queue,
	}
	if e.Category == "" {
		e.Category = task.CategoryUnknown
	}
	return e
}
