package api

import (
	"encoding/json"
	"errors"
	"net/http"

	"github.com/distributed-task-queue/taskqueue/dispatcher"
	"github.com/distributed-task-queue/taskqueue/queueadmin"
)

func (s *Server) listQueues(c *call) error {
	all, err := s.config.Client.Queues().List(c.Request.Context())
	if err != nil {
		return err
	}
	c.JSON(http.StatusOK, map[string]any{"queues": all})
	return nil
}

func (s *Server) getQueueHistory(c *call) error {
	c.JSON(http.StatusOK, map[string]any{"samples": s.history.Samples()})
	return nil
}

func (s *Server) pauseQueue(c *call) error {
	var body struct {
		Reason string `json:"reason"`
	}
	if err := c.decode(&body); err != nil {
		return err
	}
	return answerQueue(c)(s.config.Client.Queues().Pause(c.Request.Context(), c.Param("name"), body.Reason))
}

func (s *Server) resumeQueue(c *call) error {
	return answerQueue(c)(s.config.Client.Queues().Resume(c.Request.Context(), c.Param("name")))
}

// answerQueue answers with the queue as it is now. That a queue of the path does not exist is "not found".
func answerQueue(c *call) func(queueadmin.Queue, error) error {
	return func(q queueadmin.Queue, err error) error {
		if unknown, ok := errors.AsType[*dispatcher.UnknownQueueError](err); ok {
			return kindNotFound.problem("name", unknown.Error())
		}
		if err != nil {
			return err
		}
		c.JSON(http.StatusOK, q)
		return nil
	}
}

// action is an action as the API shows it.
type action struct {
	Name   string          `json:"name"`
	Schema json.RawMessage `json:"schema,omitempty"`
}

func (s *Server) listActions(c *call) error {
	registry := s.config.Client.Actions()
	all := []action{}
	for _, name := range registry.Names() {
		if known, ok := registry.Lookup(name); ok {
			all = append(all, action{Name: name, Schema: known.Schema})
		}
	}
	c.JSON(http.StatusOK, map[string]any{"actions": all})
	return nil
}
