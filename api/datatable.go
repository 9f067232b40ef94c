package api

import (
	"fmt"
	"net/http"

	"github.com/distributed-task-queue/taskqueue/tasklog"
)

func (s *Server) getDataTable(c *call) error {
	var body struct {
		tasklog.DataTableRequest

		Filters []condition `json:"filters"`
		User    string      `json:"user"`
	}
	if err := c.decode(&body); err != nil {
		return err
	}
	request, err := body.WithQuery(c.Request.URL.Query())
	if err != nil {
		return err
	}
	f := tasklog.NewFilter()
	if body.User != "" {
		user, err := c.visitor.user("user", body.User)
		if err != nil {
			return err
		}
		f = c.log.Available(user, false, false)
	}
	if err := addConditions(f, body.Filters); err != nil {
		return err
	}
	payload, err := c.log.DataTable(c.Request.Context(), f, tasklog.DataTable{Request: request, Presenter: s.presenter})
	if err != nil {
		return fmt.Errorf("search tasks: %w", err)
	}
	c.JSON(http.StatusOK, payload)
	return nil
}
