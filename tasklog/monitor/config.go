package monitor

import (
	"cmp"
	"errors"
	"log/slog"
	"time"

	"go.temporal.io/sdk/client"
)

// DefaultInterval is how often a Monitor measures unless it is told.
const DefaultInterval = time.Minute

// Config is what a Monitor needs.
type Config struct {
	// Client is connected to the namespace that the tasks are in. Required.
	Client client.Client
	// Namespace is the name of that namespace. Default: "default".
	Namespace string
	// Engine is the name of the engine that searches the log, for Info. Nothing depends on it.
	Engine string
	// Interval is how often Run measures. Default: DefaultInterval.
	Interval time.Duration
	// Timeout is how long the index may take to find a new workflow before it counts as not up. No call to the server takes
	// longer than that, nor than 10 s. Default: 30 s.
	Timeout time.Duration
	// Clock tells which tasks are older than the retention. Default: time.Now.
	Clock func() time.Time
	// Logger is told when a measurement begins to fail, and when it works again. Default: slog.Default().
	Logger *slog.Logger
}

// WithDefaults returns a copy of the configuration in which every default is filled in.
func (c Config) WithDefaults() Config {
	c.Namespace = cmp.Or(c.Namespace, client.DefaultNamespace)
	c.Interval = cmp.Or(c.Interval, DefaultInterval)
	c.Timeout = cmp.Or(c.Timeout, 30*time.Second)
	c.Logger = cmp.Or(c.Logger, slog.Default())
	if c.Clock == nil {
		c.Clock = time.Now
	}
	return c
}

func (c Config) validate() error {
	switch {
	case c.Client == nil:
		return errors.New("task log monitor: Config.Client is nil")
	case c.Interval < 0:
		return errors.New("task log monitor: Config.Interval is negative")
	case c.Timeout < 0:
		return errors.New("task log monitor: Config.Timeout is negative")
	}
	return nil
}
