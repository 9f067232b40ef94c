package api

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/tasklog"
)

// taskPage is one page of tasks that match.
type taskPage struct {
	Total int64          `json:"total"`
	Tasks []tasklog.View `json:"tasks"`
}

func (s *Server) getTask(c *call) error {
	found, err := s.config.Client.TaskLog().Get(c.Request.Context(), task.ID(c.Param("id")))
	if err != nil {
		return err
	}
	view, err := s.presenter.Entity(c.Request.Context(), found)
	if err != nil {
		return err
	}
	c.JSON(http.StatusOK, view)
	return nil
}

func (s *Server) getTaskTree(c *call) error {
	tree, err := s.config.Client.TaskLog().Tree(c.Request.Context(), task.ID(c.Param("id")))
	if err != nil {
		return err
	}
	view, err := s.presenter.Tree(c.Request.Context(), tree)
	if err != nil {
		return err
	}
	c.JSON(http.StatusOK, view)
	return nil
}

// page is the part of a list that is wanted.
type page struct {
	Limit     *int           `form:"limit"     json:"limit"`
	Offset    int            `form:"offset"    json:"offset"`
	SortBy    tasklog.Column `form:"sortBy"    json:"sortBy"`
	SortOrder tasklog.Order  `form:"sortOrder" json:"sortOrder"`
}

// apply sets the page on a filter.
func (p page) apply(f *tasklog.Filter) {
	limit := tasklog.DefaultLimit
	if p.Limit != nil {
		limit = *p.Limit
	}
	f.Limit(limit).Offset(p.Offset)
	if p.SortBy != "" {
		f.SortBy(p.SortBy)
	}
	if p.SortOrder != "" {
		f.SortOrder(p.SortOrder)
	}
}

// listQuery is the query of listTasks.
type listQuery struct {
	page
	Available string   `form:"available"`
	Status    []string `form:"status"`
	Action    []string `form:"action"`
	TaskName  []string `form:"taskName"`
	Queue     []string `form:"queue"`
	Owner     []string `form:"owner"`
	Category  []string `form:"category"`
	Label     []string `form:"label"`
	ParentID  []string `form:"parentId"`
}

func (s *Server) listTasks(c *call) error {
	var query listQuery
	if err := c.ShouldBindQuery(&query); err != nil {
		return kindInvalid.problem("", fmt.Sprintf("the query cannot be read: %v", err))
	}
	f := tasklog.NewFilter()
	if query.Available != "" {
		f = s.config.Client.TaskLog().Available(query.Available, false, false)
	}
	for _, condition := range []struct {
		column tasklog.Column
		values []string
	}{
		{tasklog.Status, task.ExpandStatuses(query.Status)},
		{tasklog.TaskName, query.Action}, {tasklog.TaskName, query.TaskName},
		{tasklog.Queue, query.Queue}, {tasklog.Owner, query.Owner}, {tasklog.Category, query.Category},
		{tasklog.Label, query.Label}, {tasklog.ParentID, query.ParentID},
	} {
		switch len(condition.values) {
		case 0:
		case 1:
			f.Eq(condition.column, condition.values[0])
		default:
			f.In(condition.column, condition.values)
		}
	}
	query.apply(f)
	return s.answerPage(c, f)
}

// search is the body of searchTasks.
type search struct {
	page
	Filters   []condition      `json:"filters"`
	Available *available       `json:"available"`
	Deselect  []tasklog.Column `json:"deselect"`
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

func (s *Server) searchTasks(c *call) error {
	var body search
	if err := c.decode(&body); err != nil {
		return err
	}
	f := tasklog.NewFilter()
	if a := body.Available; a != nil {
		f = s.config.Client.TaskLog().Available(userOrAll(a.User), a.Archived, a.Cancelled)
	}
	if err := addConditions(f, body.Filters); err != nil {
		return err
	}
	for _, column := range body.Deselect {
		if err := f.Deselect(column); err != nil {
			return err
		}
	}
	body.apply(f)
	return s.answerPage(c, f)
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

// userOrAll returns the user who sees everybody's tasks if none is given.
func userOrAll(user string) string {
	if user == "" {
		return tasklog.SuperUser
	}
	return user
}

func (s *Server) answerPage(c *call, f *tasklog.Filter) error {
	result, err := s.find(c.Request.Context(), f)
	if err != nil {
		return err
	}
	c.JSON(http.StatusOK, result)
	return nil
}

func (s *Server) find(ctx context.Context, f *tasklog.Filter) (taskPage, error) {
	found, err := s.config.Client.TaskLog().Page(ctx, f.WithTotal())
	if err != nil {
		return taskPage{}, fmt.Errorf("search tasks: %w", err)
	}
	tasks, err := s.presenter.Collection(ctx, found.Tasks)
	if err != nil {
		return taskPage{}, err
	}
	return taskPage{Total: found.Total, Tasks: tasks}, nil
}

func (s *Server) getStats(c *call) error {
	stats, err := s.config.Client.TaskLog().Stats(c.Request.Context(), userOrAll(c.Query("user")))
	if err != nil {
		return fmt.Errorf("count tasks: %w", err)
	}
	c.JSON(http.StatusOK, stats)
	return nil
}
