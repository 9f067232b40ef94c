package api

import (
	"fmt"
	"net/http"
	"net/url"

	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/tasklog"
)

// taskPage is one page of tasks that match.
type taskPage struct {
	Total int64          `json:"total"`
	Tasks []tasklog.View `json:"tasks"`
	Next  string         `json:"next,omitempty"` // the cursor of the page that follows
}

func (s *Server) getTask(c *call) error {
	found, err := c.log.Get(c.Request.Context(), task.ID(c.Param("id")))
	if err != nil {
		return err
	}
	view, err := s.show(c, found)
	if err != nil {
		return err
	}
	c.answerUnlessKnown(view)
	return nil
}

func (s *Server) getTaskTree(c *call) error {
	tree, err := c.log.Tree(c.Request.Context(), task.ID(c.Param("id")))
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
	Cursor    string         `form:"cursor"    json:"cursor"`
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
	if p.Cursor != "" {
		f.After(p.Cursor)
	}
}

func (s *Server) listTasks(c *call) error {
	var query struct {
		page
		columnQuery
	}
	if err := c.bindQuery(&query); err != nil {
		return err
	}
	f, err := query.filter(c)
	if err != nil {
		return err
	}
	query.apply(f)
	result, err := s.find(c, f)
	if err != nil {
		return err
	}
	if result.Next != "" {
		c.Header("Link", nextLink(c.Request.URL, result.Next))
	}
	c.JSON(http.StatusOK, result)
	return nil
}

// nextLink is the header that leads to the page that follows (RFC 8288).
func nextLink(this *url.URL, cursor string) string {
	query := this.Query()
	query.Del("offset") // the cursor is behind it
	query.Set("cursor", cursor)
	next := url.URL{Path: this.Path, RawQuery: query.Encode()}
	return fmt.Sprintf(`<%s>; rel="next"`, next.String())
}

func (s *Server) searchTasks(c *call) error {
	var body struct {
		page
		conditions

		Deselect []tasklog.Column `json:"deselect"`
	}
	if err := c.decode(&body); err != nil {
		return err
	}
	f, err := body.filter(c)
	if err != nil {
		return err
	}
	for _, column := range body.Deselect {
		if err := f.Deselect(column); err != nil {
			return err
		}
	}
	body.apply(f)
	result, err := s.find(c, f)
	if err != nil {
		return err
	}
	c.JSON(http.StatusOK, result)
	return nil
}

func (s *Server) find(c *call, f *tasklog.Filter) (taskPage, error) {
	ctx := c.Request.Context()
	found, err := c.log.Page(ctx, f.WithTotal())
	if err != nil {
		return taskPage{}, fmt.Errorf("search tasks: %w", err)
	}
	tasks, err := s.presenter.With(tasklog.WithHighlights(f)).Collection(ctx, found.Tasks)
	if err != nil {
		return taskPage{}, err
	}
	return taskPage{Total: found.Total, Tasks: tasks, Next: found.Next}, nil
}
