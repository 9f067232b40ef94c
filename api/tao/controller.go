package tao

import (
	"context"
	"fmt"

	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/tasklog"
)

// TaskState is what the PHP system's front end needs of a task that a page of an application has just enqueued.
type TaskState struct {
	ID     task.ID      `json:"id"`
	Status string       `json:"status"` // for people: "Queued", "In Progress" and so on
	Report []ReportLine `json:"report"` // the reports of the tree, parents before their children; [] without a report
}

// ReportLine is one report of a tree.
type ReportLine struct {
	Type    task.ReportType `json:"type"`
	Message string          `json:"message"`
}

// WrongActionError says that a task is not of the action that a page is about.
type WrongActionError struct {
	ID          task.ID
	Action, Got string
}

func (e *WrongActionError) Error() string {
	return fmt.Sprintf("Wrong task type: task %q runs %q, not %q", string(e.ID), e.Got, e.Action)
}

// StateOf returns the state of one of the user's tasks. If an action is given, the task must be of that action, or the error is a
// *WrongActionError. It is a *tasklog.NotFoundError if the user has no such task, or has archived or cancelled it.
func StateOf(ctx context.Context, log *tasklog.TaskLog, id task.ID, user, action string) (TaskState, error) {
	e, err := log.GetByIDAndUser(ctx, id, user, false)
	if err != nil {
		return TaskState{}, err
	}
	if action != "" && e.TaskName != action {
		return TaskState{}, &WrongActionError{ID: id, Action: action, Got: e.TaskName}
	}
	state := TaskState{ID: e.ID, Status: e.Status.Label(), Report: []ReportLine{}}
	if e.Report != nil {
		state.Report = reportLines(nil, *e.Report)
	}
	return state, nil
}

func reportLines(lines []ReportLine, r task.Report) []ReportLine {
	lines = append(lines, ReportLine{r.Type, r.Message})
	for _, child := range r.Children {
		lines = reportLines(lines, child)
	}
	return lines
}

// Created is the JSON that an application answers its own page with when it has enqueued a task for it: the front end's buttons that
// create tasks go on with Data.Task.
type Created struct {
	Success bool        `json:"success"`
	Data    CreatedData `json:"data"`
}

// CreatedData is the data of Created.
type CreatedData struct {
	// Extra is what the application has to say beside the task. Its JSON is {} if it is empty.
	Extra map[string]any `json:"extra"`
	Task  TaskState      `json:"task"`
}

// NewCreated returns the answer for a task. The extra may be nil.
func NewCreated(state TaskState, extra map[string]any) Created {
	if extra == nil {
		extra = map[string]any{}
	}
	return Created{Success: true, Data: CreatedData{Extra: extra, Task: state}}
}
