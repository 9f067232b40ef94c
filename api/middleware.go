package api

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/gin-gonic/gin"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// logAccess logs the request when it has been answered. The query is left out: it may hold names of people.
func (s *Server) logAccess(c *gin.Context) {
	start := time.Now()
	c.Next()
	s.config.Logger.LogAttrs(c.Request.Context(), slog.LevelDebug, "request",
		slog.String("method", c.Request.Method), slog.String("subject", subjectOf(c)), slog.String("path", c.Request.URL.Path), slog.Int("status", c.Writer.Status()),
		slog.Int("bytes", max(c.Writer.Size(), 0)), slog.Duration("took", time.Since(start)))
}

// recover answers a panic with 500 and keeps its stack for the log.
func (s *Server) recover(c *gin.Context) {
	defer func() {
		cause := recover()
		if cause == nil {
			return
		}
		if cause == http.ErrAbortHandler { //nolint:errorlint // net/http compares it so
			panic(cause)
		}
		s.config.Logger.ErrorContext(c.Request.Context(), "a request panicked",
			"method", c.Request.Method, "path", c.Request.URL.Path, "panic", cause, "stack", string(debug.Stack()))
		if c.Writer.Written() {
			panic(http.ErrAbortHandler) // too late for another answer: the client must see that this one is cut off
		}
		kindInternal.problem("", detailInternal).write(c)
	}()
	c.Next()
}

// continueTrace makes tasks that the request enqueues part of the trace that its W3C headers name. The trace of a middleware around the
// API has precedence.
func continueTrace(c *gin.Context) {
	ctx := c.Request.Context()
	if !trace.SpanContextFromContext(ctx).IsValid() {
		ctx = propagation.TraceContext{}.Extract(ctx, propagation.HeaderCarrier(c.Request.Header))
		c.Request = c.Request.WithContext(ctx)
	}
}

// fail answers with the problem that the error is.
func (s *Server) fail(c *gin.Context, err error) {
	s.answerFailure(c, err, func(p *problem) { p.write(c) })
}

// problemOfOne returns the problem with one task of a request for many, which goes on. If the server is to blame, its log says why.
func (s *Server) problemOfOne(c *call, err error) *problem {
	ctx := c.Request.Context()
	p := problemOf(err)
	if p.Status >= http.StatusInternalServerError && !errors.Is(err, ctx.Err()) {
		s.config.Logger.ErrorContext(ctx, "one task of many failed", "path", c.Request.URL.Path, "status", p.Status, "error", err)
	}
	return p
}

// answerFailure answers with the problem that the error is, as write puts it, if there is still somebody to answer.
func (s *Server) answerFailure(c *gin.Context, err error, write func(*problem)) {
	ctx := c.Request.Context()
	if errors.Is(ctx.Err(), context.Canceled) {
		c.AbortWithStatus(statusClientGone)
		return
	}
	p := problemOf(err)
	if p.Status >= http.StatusInternalServerError {
		s.config.Logger.ErrorContext(ctx, "a request failed", "method", c.Request.Method, "path", c.Request.URL.Path, "status", p.Status, "error", err)
	}
	if c.Writer.Written() {
		panic(http.ErrAbortHandler)
	}
	write(p)
}
