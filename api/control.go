package api

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	"github.com/distributed-task-queue/taskqueue"
	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/tasklog"
)

// control is the body of archiveTask and cancelTask.
type control struct {
	Force bool   `json:"force"`
	User  string `json:"user"`
}

func (b control) options(c *call) (tasklog.ControlOptions, error) {
	user, err := c.visitor.user("user", b.User)
	return tasklog.ControlOptions{Force: b.Force, User: user}, err
}

func (s *Server) archiveTask(c *call) error { return s.control(c, c.log.Archive) }

func (s *Server) cancelTask(c *call) error { return s.control(c, c.log.Cancel) }

// control does something to one task, and answers with the task as it is then.
func (s *Server) control(c *call, do func(context.Context, task.ID, tasklog.ControlOptions) (bool, error)) error {
	var body control
	if err := c.decode(&body); err != nil {
		return err
	}
	options, err := body.options(c)
	if err != nil {
		return err
	}
	id := task.ID(c.Param("id"))
	if err := s.expectRevision(c, id); err != nil {
		return err
	}
	changed, err := do(c.Request.Context(), id, options)
	if err != nil {
		return err
	}
	found, err := c.log.Get(c.Request.Context(), id)
	if err != nil {
		return err
	}
	view, err := s.show(c, found)
	if err != nil {
		return err
	}
	c.JSON(http.StatusOK, struct {
		Changed bool         `json:"changed"`
		Task    tasklog.View `json:"task"`
	}{changed, view})
	return nil
}

// bulk is the body of archiveTasks and cancelTasks. The document says that one of ids, all and filters is there.
type bulk struct {
	control
	IDs     []task.ID   `json:"ids"`
	All     bool        `json:"all"`
	Filters []condition `json:"filters"`
	Text    string      `json:"text"`
	DryRun  bool        `json:"dryRun"`
}

func (s *Server) archiveTasks(c *call) error { return s.bulk(c, c.log.ArchiveMany) }

func (s *Server) cancelTasks(c *call) error { return s.bulk(c, c.log.CancelMany) }

func (s *Server) bulk(c *call, do func(context.Context, tasklog.Selection, tasklog.BulkOptions) (tasklog.BulkResult, error)) error {
	var body bulk
	if err := c.decode(&body); err != nil {
		return err
	}
	selection := tasklog.Selection{IDs: body.IDs, All: body.All}
	if body.Filters != nil {
		var err error
		if selection.Filter, err = (conditions{Filters: body.Filters, Text: body.Text}).filter(c); err != nil {
			return err
		}
	}
	options, err := body.options(c)
	if err != nil {
		return err
	}
	result, err := do(c.Request.Context(), selection, tasklog.BulkOptions{ControlOptions: options, DryRun: body.DryRun})
	s.explain(c, result.Failures)
	if err != nil {
		return err
	}
	c.JSON(http.StatusOK, struct {
		Success bool `json:"success"`
		tasklog.BulkResult
	}{result.Success(), result})
	return nil
}

// explain gives the failures of a bulk operation the reasons that clients are told.
func (s *Server) explain(c *call, failures []tasklog.BulkTask) {
	for i, f := range failures {
		failures[i].Reason = s.problemOfOne(c, fmt.Errorf("task %q: %w", f.ID, f.Err)).Detail
	}
}

func (s *Server) rerunTask(c *call) error {
	var body struct {
		Owner string `json:"owner"`
	}
	if err := c.decode(&body); err != nil {
		return err
	}
	owner, err := c.visitor.owner(body.Owner)
	if err != nil {
		return err
	}
	key, err := c.idempotencyKey()
	if err != nil {
		return err
	}
	id := task.ID(c.Param("id"))
	if err := s.expectRevision(c, id); err != nil {
		return err
	}
	if _, err := c.log.Get(c.Request.Context(), id); err != nil { // Rerun would take anybody's
		return err
	}
	created, err := s.config.Client.Rerun(c.Request.Context(), id, &taskqueue.Options{Owner: owner, IdempotencyKey: c.visitor.scoped(key)})
	if err != nil {
		return err
	}
	return s.answerCreated(c, created)
}

// answerCreated answers with a task that has just been enqueued.
func (s *Server) answerCreated(c *call, created *task.Task) error {
	c.Header("Location", "/api/v1/tasks/"+url.PathEscape(string(created.ID)))
	entity, err := s.entityOf(c, created)
	if err != nil {
		return err
	}
	view, err := s.show(c, entity)
	if err != nil {
		return err
	}
	c.JSON(http.StatusCreated, view)
	return nil
}
