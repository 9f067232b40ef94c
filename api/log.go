package api

import (
	"net/http"

	"github.com/distributed-task-queue/taskqueue/tasklog/monitor"
)

// getLog says what was last measured of the task log. It measures nothing itself.
func (s *Server) getLog(c *call) error {
	var info monitor.Info
	if s.config.Monitor != nil {
		info = s.config.Monitor.Info()
	}
	c.JSON(http.StatusOK, info)
	return nil
}

func (s *Server) getMetrics(c *call) error {
	s.metrics.ServeHTTP(c.Writer, c.Request)
	return nil
}
