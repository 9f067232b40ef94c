package api

import (
	"net/http"
	"net/url"
	"time"

	"github.com/distributed-task-queue/taskqueue/schedule"
	"github.com/distributed-task-queue/taskqueue/task"
)

// newSchedule is the body of createSchedule.
type newSchedule struct {
	ID string `json:"id"`
	schedule.Definition
}

func (s *Server) createSchedule(c *call) error {
	var body newSchedule
	if err := c.decode(&body); err != nil {
		return err
	}
	created, err := s.config.Client.Schedules().Create(c.Request.Context(), body.ID, body.Definition)
	if err != nil {
		return err
	}
	c.Header("Location", "/api/v1/schedules/"+url.PathEscape(created.ID))
	c.JSON(http.StatusCreated, created)
	return nil
}

func (s *Server) listSchedules(c *call) error {
	all, err := s.config.Client.Schedules().List(c.Request.Context())
	if err != nil {
		return err
	}
	c.JSON(http.StatusOK, map[string]any{"schedules": all})
	return nil
}

func (s *Server) getSchedule(c *call) error {
	found, err := s.config.Client.Schedules().Get(c.Request.Context(), c.Param("id"))
	return c.answer(http.StatusOK, found, err)
}

func (s *Server) updateSchedule(c *call) error {
	var body schedule.Definition
	if err := c.decode(&body); err != nil {
		return err
	}
	updated, err := s.config.Client.Schedules().Update(c.Request.Context(), c.Param("id"), func(d *schedule.Definition) error {
		*d = body
		return nil
	})
	return c.answer(http.StatusOK, updated, err)
}

func (s *Server) deleteSchedule(c *call) error {
	if err := s.config.Client.Schedules().Delete(c.Request.Context(), c.Param("id")); err != nil {
		return err
	}
	c.Status(http.StatusNoContent)
	return nil
}

func (s *Server) pauseSchedule(c *call) error {
	var body struct {
		Note string `json:"note"`
	}
	if err := c.decode(&body); err != nil {
		return err
	}
	paused, err := s.config.Client.Schedules().Pause(c.Request.Context(), c.Param("id"), body.Note)
	return c.answer(http.StatusOK, paused, err)
}

func (s *Server) resumeSchedule(c *call) error {
	resumed, err := s.config.Client.Schedules().Resume(c.Request.Context(), c.Param("id"))
	return c.answer(http.StatusOK, resumed, err)
}

func (s *Server) triggerSchedule(c *call) error {
	id, err := s.config.Client.Schedules().Trigger(c.Request.Context(), c.Param("id"))
	return c.answer(http.StatusAccepted, struct {
		TaskID task.ID `json:"taskId"`
	}{id}, err)
}

func (s *Server) backfillSchedule(c *call) error {
	var body struct {
		From    time.Time        `json:"from"`
		To      time.Time        `json:"to"`
		Overlap schedule.Overlap `json:"overlap"`
	}
	if err := c.decode(&body); err != nil {
		return err
	}
	backfilled, err := s.config.Client.Schedules().Backfill(c.Request.Context(), c.Param("id"), body.From, body.To, body.Overlap)
	return c.answer(http.StatusAccepted, backfilled, err)
}

// answer answers with the value, unless there is an error.
func (c *call) answer(status int, value any, err error) error {
	if err != nil {
		return err
	}
	c.JSON(status, value)
	return nil
}
