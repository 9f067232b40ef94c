package tao

import (
	"context"
	"errors"
	"net/http"

	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/tasklog"
)

// The parameters that name a task.
const (
	paramTaskID = "taskId"
	paramID     = "id"
)

type handle = func(*Handler, http.ResponseWriter, *request) (any, error)

// getAll lists the user's tasks, the newest first.
func getAll(show presentation) handle {
	return func(h *Handler, _ http.ResponseWriter, q *request) (any, error) {
		limit, offset := q.page()
		found, err := q.Log.FindAvailableByUser(q.Context(), q.User, limit, offset)
		if err != nil {
			return nil, err
		}
		for i := range found {
			found[i] = plain(found[i])
		}
		return show(h, q).Collection(q.Context(), found)
	}
}

// get shows one of the user's tasks.
func get(show presentation) handle {
	return func(h *Handler, _ http.ResponseWriter, q *request) (any, error) {
		found, err := q.own()
		if err != nil {
			return nil, err
		}
		return show(h, q).Entity(q.Context(), plain(found))
	}
}

// own returns the user's task that the request names, unless it has been archived or cancelled.
func (q *request) own() (tasklog.Entity, error) {
	id, err := q.id(paramTaskID)
	if err != nil {
		return tasklog.Entity{}, err
	}
	return q.Log.GetByIDAndUser(q.Context(), id, q.User, false)
}

// plain returns a task without what only the tasks of this system have.
func plain(e tasklog.Entity) tasklog.Entity {
	e.Attempts, e.Progress = 0, nil
	return e
}

func stats(_ *Handler, _ http.ResponseWriter, q *request) (any, error) {
	return q.Log.Stats(q.Context(), q.User)
}

// bulk archives or cancels the user's tasks that the request names, or all of them.
func bulk(do func(*tasklog.TaskLog, context.Context, tasklog.Selection, tasklog.BulkOptions) (tasklog.BulkResult, error)) handle {
	return func(_ *Handler, _ http.ResponseWriter, q *request) (any, error) {
		ids, all, err := q.ids()
		if err != nil {
			return nil, err
		}
		selection := tasklog.Selection{All: all}
		if !all {
			if selection.IDs, err = q.available(ids); err != nil {
				return nil, err
			}
		}
		result, err := do(q.Log, q.Context(), selection, tasklog.BulkOptions{ControlOptions: tasklog.ControlOptions{User: q.User}})
		return outcome(result.Success()), err
	}
}

// available returns which of the tasks the user is shown. The others do not count, neither for good nor for bad.
func (q *request) available(ids []task.ID) ([]task.ID, error) {
	found := []task.ID{}
	for _, id := range ids {
		_, err := q.Log.GetByIDAndUser(q.Context(), id, q.User, false)
		if _, missing := errors.AsType[*tasklog.NotFoundError](err); missing {
			continue
		}
		if err != nil {
			return nil, err
		}
		found = append(found, id)
	}
	return found, nil
}

// archiveOne archives one task of the user, and tells why if that is not possible.
func archiveOne(_ *Handler, _ http.ResponseWriter, q *request) (any, error) {
	found, err := q.own()
	if _, missing := errors.AsType[*tasklog.NotFoundError](err); missing {
		return nil, &failure{status: http.StatusNotFound, code: http.StatusNotFound, message: err.Error()}
	}
	if err != nil {
		return nil, err
	}
	changed, err := q.Log.Archive(q.Context(), found.ID, tasklog.ControlOptions{User: q.User})
	return outcome(changed), err
}

// anyones returns the task that a REST request names, whoever's it is among those that the visitor may see, and whatever its status.
func (q *request) anyones() (tasklog.Entity, error) {
	id, err := q.id(paramID)
	if err != nil {
		return tasklog.Entity{}, err
	}
	return q.Log.Get(q.Context(), id)
}

// restGet tells of a task in the words of the task queue that the PHP system had before this one.
func restGet(_ *Handler, _ http.ResponseWriter, q *request) (any, error) {
	found, err := q.anyones()
	if err != nil {
		return nil, err
	}
	status := string(found.Status.Group())
	switch found.Status.Group() {
	case task.GroupInProgress:
		status = "running"
	case task.GroupCompleted, task.GroupFailed:
		status = "finished"
	}
	return struct {
		ID     task.ID      `json:"id"`
		Status string       `json:"status"`
		Report *task.Report `json:"report"`
	}{found.ID, status, found.Report}, nil
}

func restGetStatus(_ *Handler, _ http.ResponseWriter, q *request) (any, error) {
	found, err := q.anyones()
	if err != nil {
		return nil, err
	}
	return found.Status.Group(), nil
}

func restGetEntity(h *Handler, _ http.ResponseWriter, q *request) (any, error) {
	found, err := q.anyones()
	if err != nil {
		return nil, err
	}
	return h.detailed.Entity(q.Context(), plain(found))
}
