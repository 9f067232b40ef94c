package api

import (
	"github.com/distributed-task-queue/taskqueue/api/internal/taskfile"
	"github.com/distributed-task-queue/taskqueue/task"
)

func (s *Server) downloadTaskFile(c *call) error {
	found, err := c.log.Get(c.Request.Context(), task.ID(c.Param("id")))
	if err != nil {
		return err
	}
	return taskfile.Send(c.Writer, c.Request, s.config.Files, found)
}
