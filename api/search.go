package api

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

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

func (s *Server) getTaskTimeline(c *call) error {
	timeline, err := c.log.Timeline(c.Request.Context(), task.ID(c.Param("id")))
	if err != nil {
		return err
	}
	if c.visitor.confined() {
		for i := range timeline {
			timeline[i].Worker = "" // which machines there are is not for everybody
		}
	}
	c.JSON(http.StatusOK, map[string]any{"moments": timeline})
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

func (p page) limit() int {
	if p.Limit != nil {
		return *p.Limit
	}
	return tasklog.DefaultLimit
}

// apply sets the page on a filter.
func (p page) apply(f *tasklog.Filter) {
	f.Limit(p.limit()).Offset(p.Offset)
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
	f, page, err := c.listQuery()
	if err != nil {
		return err
	}
	result, err := s.find(c, f)
	if err != nil {
		return err
	}
	if links := page.links(c.Request.URL, result.Next); links != "" {
		c.Header("Link", links)
	}
	c.JSON(http.StatusOK, result)
	return nil
}

// listQuery returns which tasks the query wants.
func (c *call) listQuery() (*tasklog.Filter, page, error) {
	var query struct {
		page
		columnQuery

		Deselect []tasklog.Column `form:"deselect"`
	}
	if err := c.bindQuery(&query); err != nil {
		return nil, page{}, err
	}
	f, err := query.filter(c)
	if err != nil {
		return nil, page{}, err
	}
	query.apply(f)
	return f, query.page, deselect(f, query.Deselect)
}

// links is the header that leads to other pages of the list (RFC 8288), "" if there are none. With a cursor nobody knows the page before.
func (p page) links(this *url.URL, next string) string {
	var links []string
	add := func(relation, name, value string) {
		query := this.Query()
		query.Del("offset")
		query.Del("cursor")
		if name != "" {
			query.Set(name, value)
		}
		target := url.URL{Path: this.Path, RawQuery: query.Encode()}
		links = append(links, fmt.Sprintf(`<%s>; rel="%s"`, target.String(), relation))
	}
	if next != "" {
		add("next", "cursor", next) // which is behind the offset of this page
	}
	if p.Offset > 0 {
		add("prev", "offset", strconv.Itoa(max(p.Offset-p.limit(), 0)))
	}
	if p.Offset > 0 || p.Cursor != "" {
		add("first", "", "")
	}
	return strings.Join(links, ", ")
}

// deselect leaves columns out of the tasks.
func deselect(f *tasklog.Filter, columns []tasklog.Column) error {
	for _, column := range columns {
		if err := f.Deselect(column); err != nil {
			return err
		}
	}
	return nil
}

func (s *Server) searchTasks(c *call) error {
	f, err := c.searchBody()
	if err != nil {
		return err
	}
	result, err := s.find(c, f)
	if err != nil {
		return err
	}
	c.JSON(http.StatusOK, result)
	return nil
}

// searchBody returns which tasks the body wants.
func (c *call) searchBody() (*tasklog.Filter, error) {
	var body struct {
		page
		conditions

		Deselect []tasklog.Column `json:"deselect"`
	}
	if err := c.decode(&body); err != nil {
		return nil, err
	}
	f, err := body.filter(c)
	if err != nil {
		return nil, err
	}
	body.apply(f)
	return f, deselect(f, body.Deselect)
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
