package api

import (
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/distributed-task-queue/taskqueue"
	"github.com/distributed-task-queue/taskqueue/internal/newtask"
	"github.com/distributed-task-queue/taskqueue/tasklog"
)

// creation is what has become of one task of createTasks, with the status that createTask would have answered.
type creation struct {
	Status  int           `json:"status"`
	Task    *tasklog.View `json:"task,omitempty"`
	Problem *problem      `json:"problem,omitempty"`
}

// createTasks enqueues many tasks. Each is checked and enqueued on its own.
func (s *Server) createTasks(c *call) error {
	var body struct {
		Tasks []json.RawMessage `json:"tasks"`
	}
	if err := c.decode(&body); err != nil {
		return err
	}
	key, err := c.idempotencyKey()
	if err != nil {
		return err
	}
	results := make([]creation, len(body.Tasks))
	var wanted []taskqueue.NewTask
	var places []int // of the wanted tasks among all
	for i, raw := range body.Tasks {
		one, err := c.wanted(i, raw, key)
		if err != nil {
			results[i] = s.refused(c, err)
			continue
		}
		wanted, places = append(wanted, one), append(places, i)
	}
	for i, created := range s.config.Client.CreateTasks(c.Request.Context(), wanted) {
		results[places[i]] = s.creationOf(c, created)
	}
	if err := c.Request.Context().Err(); err != nil { // nobody waits for the answer
		return err
	}
	answer := struct {
		Created int        `json:"created"`
		Refused int        `json:"refused"`
		Results []creation `json:"results"`
	}{Results: results}
	for _, r := range results {
		if r.Problem == nil {
			answer.Created++
		} else {
			answer.Refused++
		}
	}
	c.JSON(http.StatusOK, answer)
	return nil
}

// wanted returns the task with this number as the client wants it. If the request as a whole has an idempotency key, each task has
// one that is made of it and the number.
func (c *call) wanted(number int, raw json.RawMessage, key string) (taskqueue.NewTask, error) {
	if err := c.refused[number]; err != nil {
		return taskqueue.NewTask{}, err
	}
	var one newtask.Task
	if err := json.Unmarshal(raw, &one); err != nil {
		return taskqueue.NewTask{}, decodeError(err)
	}
	if one.IdempotencyKey != "" || key == "" {
		key = ""
	} else {
		key = fmt.Sprintf("%s/%d", key, number)
	}
	one, err := c.prepare(one, key)
	return one.Library(), err
}

func (s *Server) creationOf(c *call, created taskqueue.Created) creation {
	if created.Err != nil {
		return s.refused(c, created.Err)
	}
	entity, err := s.entityOf(c, created.Task)
	var view tasklog.View
	if err == nil {
		view, err = s.presenter.Entity(c.Request.Context(), entity)
	}
	if err != nil {
		return s.refused(c, fmt.Errorf("task %s is enqueued, but cannot be shown: %w", created.Task.ID, err))
	}
	return creation{Status: http.StatusCreated, Task: &view}
}

// refused is the result of a task that could not be enqueued.
func (s *Server) refused(c *call, err error) creation {
	p := s.problemOfOne(c, err)
	return creation{Status: p.Status, Problem: p}
}
