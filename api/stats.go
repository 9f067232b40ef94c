package api

import (
	"fmt"
	"net/http"

	"github.com/distributed-task-queue/taskqueue/tasklog"
)

func (s *Server) getStats(c *call) error {
	user, err := c.visitor.user("user", c.Query("user"))
	if err != nil {
		return err
	}
	stats, err := c.log.Stats(c.Request.Context(), user)
	if err != nil {
		return fmt.Errorf("count tasks: %w", err)
	}
	c.JSON(http.StatusOK, stats)
	return nil
}

// grouping says by what tasks are counted.
type grouping struct {
	By    tasklog.Column `form:"by"    json:"by"`
	Top   int            `form:"top"   json:"top"`
	Times bool           `form:"times" json:"times"`
}

func (s *Server) groupTasks(c *call) error {
	var query struct {
		columnQuery
		grouping

		CreatedFrom string `form:"createdFrom"`
		CreatedTo   string `form:"createdTo"`
	}
	if err := c.bindQuery(&query); err != nil {
		return err
	}
	f, err := query.filter(c)
	if err != nil {
		return err
	}
	if query.CreatedFrom != "" {
		f.Gte(tasklog.CreatedAt, query.CreatedFrom)
	}
	if query.CreatedTo != "" {
		f.Lte(tasklog.CreatedAt, query.CreatedTo)
	}
	return s.answerGroups(c, f, query.grouping)
}

func (s *Server) searchGroups(c *call) error {
	var body struct {
		conditions
		grouping
	}
	if err := c.decode(&body); err != nil {
		return err
	}
	f, err := body.filter(c)
	if err != nil {
		return err
	}
	return s.answerGroups(c, f, body.grouping)
}

func (s *Server) answerGroups(c *call, f *tasklog.Filter, g grouping) error {
	groups, err := c.log.Group(c.Request.Context(), f, tasklog.Grouping(g))
	if err != nil {
		return fmt.Errorf("group tasks: %w", err)
	}
	c.JSON(http.StatusOK, groups)
	return nil
}
