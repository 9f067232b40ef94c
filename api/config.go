package api

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"gocloud.dev/blob"

	"github.com/distributed-task-queue/taskqueue"
	"github.com/distributed-task-queue/taskqueue/api/auth"
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
	// MaxStreams is how many event streams may be open at a time. Default: DefaultMaxStreams.
	MaxStreams int
	// Dashboard says what the dashboard at / is told of its surroundings.
	Dashboard dashboard.Config
	// Metrics is what /metrics shows. Default: prometheus.DefaultGatherer.
	Metrics prometheus.Gatherer
	// Authenticator knows who a credential belongs to. Default: nil, nobody needs to say who they are and everybody is admin, so the
	// Server can only be reached from this machine.
	Authenticator auth.Authenticator
	// TLS holds the server's certificate. Default: nil, the connections are not encrypted.
	TLS *tls.Config
	// AllowedOrigins are the web sites whose pages may use the API through a browser, as in https://app.example.com. Default: none.
	AllowedOrigins []string
	// Limits bound what each identity, and each address without one, may send. They hold where there is an Authenticator.
	Limits Limits
	// TrustedProxies are the addresses, or networks as in 10.0.0.0/8, of proxies in front: their X-Forwarded-For says which address a
	// request comes from. Default: none, it comes from who has sent it.
	TrustedProxies []string
	// Timeout is how long a request may take before it is answered with 503; downloads may take longer. Default: DefaultTimeout.
	Timeout time.Duration
	// TAO says whether and how the endpoints of the PHP system are served. Default: they are, and tell of no redirectUrl.
	TAO TAO
	// Logger gets errors, and at debug level every request. Default: slog.Default().
	Logger *slog.Logger
}

// The defaults of Config.Timeout and Config.MaxStreams.
const (
	DefaultTimeout    = 20 * time.Second
	DefaultMaxStreams = 1000
)

// WithDefaults returns a copy of the configuration in which every default is filled in.
func (c Config) WithDefaults() Config {
	c.Timeout = cmp.Or(c.Timeout, DefaultTimeout)
	c.Limits = c.Limits.WithDefaults()
	c.MaxStreams = cmp.Or(c.MaxStreams, DefaultMaxStreams)
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
	if err := c.Limits.WithDefaults().Validate(); err != nil {
		return fmt.Errorf("api: Config.Limits.%w", err)
	}
	return nil
}
