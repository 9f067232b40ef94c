package api

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"gocloud.dev/blob"

	"github.com/distributed-task-queue/taskqueue"
	"github.com/distributed-task-queue/taskqueue/api/dashboard"
	"github.com/distributed-task-queue/taskqueue/tasklog/monitor"
)

// Config says what a Server serves.
type Config struct {
	// Client enqueues tasks and finds them. Required.
	Client *taskqueue.Client
	// Files holds the files that tasks leave. The Server does not close it. Default: nil, no task has a file.
	Files *blob.Bucket
	// Ready is asked by /readyz, after Temporal and the task log have answered, whether the rest of the program is
	// ready. Default: it is.
	Ready func(context.Context) error
	// Monitor measures the task log for /api/v1/log. The Server does not run it. Default: nil, nothing is known of the log.
	Monitor *monitor.Monitor
	// MaxStreams is how many event streams may be open at a time. Default: 1000.
	MaxStreams int
	// Dashboard says what the dashboard at / is told of its surroundings.
	Dashboard dashboard.Config
	// Metrics is what /metrics shows. Default: prometheus.DefaultGatherer.
	Metrics prometheus.Gatherer
	// Timeout is how long a request may take before it is answered with 503; downloads may take longer. Default: 20 s.
	Timeout time.Duration
	// Logger gets errors, and at debug level every request. Default: slog.Default().
	Logger *slog.Logger
}

// WithDefaults returns a copy of the configuration in which every default is filled in.
func (c Config) WithDefaults() Config {
	c.Timeout = cmp.Or(c.Timeout, 20*time.Second)
	c.MaxStreams = cmp.Or(c.MaxStreams, 1000)
	c.Logger = cmp.Or(c.Logger, slog.Default())
	if c.Metrics == nil {
		c.Metrics = prometheus.DefaultGatherer
	}
	if c.Ready == nil {
		c.Ready = func(context.Context) error { return nil }
	}
	return c
}

func (c Config) validate() error {
	if c.Client == nil {
		return errors.New("api: Config.Client is nil; make one with taskqueue.New")
	}
	if c.Timeout < 0 {
		return errors.New("api: Config.Timeout is negative")
	}
	if c.MaxStreams < 0 {
		return errors.New("api: Config.MaxStreams is negative")
	}
	return nil
}
