package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/distributed-task-queue/taskqueue/api/auth"
	"github.com/distributed-task-queue/taskqueue/tasklog"
)

var healthy = map[string]string{"status": "ok"}

// getHealth says that the process answers; whoever restarts it must not do so because Temporal is down.
func (s *Server) getHealth(c *call) error {
	c.JSON(http.StatusOK, healthy)
	return nil
}

func (s *Server) getReadiness(c *call) error {
	if err := s.readiness.of(c.Request.Context(), s); err != nil {
		s.config.Logger.WarnContext(c.Request.Context(), "not ready", "error", err)
		if c.visitor.Role == auth.Anonymous { // who may be anybody
			return kindUnavailable.problem("", "not ready; "+detailInternal)
		}
		return kindUnavailable.problem("", "not ready: "+err.Error())
	}
	c.JSON(http.StatusOK, healthy)
	return nil
}

// readyFor is how long an answer of Ready counts for everybody who asks: they may be anybody, and many.
const readyFor = time.Second

// readiness is what Ready has said last.
type readiness struct {
	mu    sync.Mutex
	asked time.Time
	err   error
}

// of returns whether the server is ready. Whoever asks first asks for all who come meanwhile, so it does not stop when they are gone.
func (r *readiness) of(ctx context.Context, s *Server) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if time.Since(r.asked) >= readyFor {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.config.Timeout)
		defer cancel()
		r.err = s.Ready(ctx)
		r.asked = time.Now()
	}
	return r.err
}

// probe is the id of a task that does not exist.
const probe = "taskqueue-readiness-probe"

// Ready returns nil if Temporal and the rest of the program answer, as /readyz says it. Lists may be away all the same.
func (s *Server) Ready(ctx context.Context) error {
	log := s.config.Client.TaskLog()
	// That the task is not found is an answer of Temporal itself.
	_, err := log.Get(ctx, probe)
	if _, missing := errors.AsType[*tasklog.NotFoundError](err); err != nil && !missing {
		return fmt.Errorf("temporal does not answer: %w", err)
	}
	if err := s.config.Ready(ctx); err != nil {
		return err
	}
	return nil
}

func (s *Server) getOpenAPI(c *call) error {
	c.Data(http.StatusOK, "application/yaml", document)
	return nil
}
