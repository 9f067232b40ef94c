// Package app makes the parts that the programs of this module share from their configuration: the
// connection to Temporal, the client, the worker and the API.
package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/trace"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"gocloud.dev/blob"
	_ "gocloud.dev/blob/fileblob" // file:// in files.url
	_ "gocloud.dev/blob/s3blob"   // s3://

	taskqueue "github.com/distributed-task-queue/taskqueue"
	"github.com/distributed-task-queue/taskqueue/internal/config"
	"github.com/distributed-task-queue/taskqueue/internal/filestore"
	"github.com/distributed-task-queue/taskqueue/internal/setup"
	"github.com/distributed-task-queue/taskqueue/tasklog"
	"github.com/distributed-task-queue/taskqueue/tasklog/elastic"
	"github.com/distributed-task-queue/taskqueue/tasklog/sqlite"
	"github.com/distributed-task-queue/taskqueue/tracing"
)

// Options are what a program adds to its configuration.
type Options struct {
	// Connection is what the program's flags say of the connection to Temporal. The rest comes from the
	// TEMPORAL_* variables and profiles.
	Connection config.Connection
	// Actions are those that the program can run. Default: none.
	Actions *taskqueue.Registry
	// Lazy lets Open return although no Temporal server answers, so that tasks can be enqueued on queues that keep them in a store. The task log
	// engines sqlite and elastic ask the server when they are opened; with these it makes no difference.
	Lazy bool
	// Metrics gets the metrics of the connection and of what runs on it. Default: nil, none are kept.
	Metrics *prometheus.Registry
	// Logger gets what the program logs. Required.
	Logger *slog.Logger
}

// App is a program that is connected to Temporal.
type App struct {
	Config    config.Config
	Namespace string
	Temporal  client.Client
	Client    *taskqueue.Client
	Logger    *slog.Logger
	Metrics   *prometheus.Registry // nil if none are kept
	Files     *blob.Bucket         // of the files that tasks leave; nil if none is configured

	closers []func() error // in the order of opening
}

// Open connects to Temporal. An *UnreachableError says that nothing answers there.
func Open(ctx context.Context, c config.Config, options Options) (*App, error) {
	provider, flush, err := openTracing(ctx, options.Logger)
	if err != nil {
		return nil, err
	}
	settings, err := connect(ctx, c, options, provider)
	if err != nil {
		return nil, errors.Join(err, flush())
	}
	a := &App{
		Config: c, Namespace: settings.Namespace, Temporal: settings.Temporal, Logger: options.Logger, Metrics: options.Metrics,
		closers: []func() error{flush},
	}
	if err := a.open(ctx, settings); err != nil {
		return nil, errors.Join(err, a.Close())
	}
	return a, nil
}

func (a *App) open(ctx context.Context, settings taskqueue.Config) (err error) {
	if settings.TaskLog, err = a.openLog(ctx, settings); err != nil {
		return err
	}
	if a.Config.Files.URL != "" {
		if a.Files, err = blob.OpenBucket(ctx, a.Config.Files.URL); err != nil {
			return fmt.Errorf("open the bucket that files.url names: %w", err)
		}
		a.closers = append(a.closers, a.Files.Close)
		settings.Files = filestore.New(a.Files, a.Logger)
	}
	brokers, err := openBrokers(ctx, a.Config, &settings)
	if err != nil {
		return err
	}
	a.closers = append(a.closers, brokers.Close)
	if a.Client, err = taskqueue.New(settings); err != nil || a.Metrics == nil {
		return err
	}
	return a.Metrics.Register(a.Client)
}

// openLog opens the engine of the task log; nil stands for the client's own.
func (a *App) openLog(ctx context.Context, settings taskqueue.Config) (tasklog.Engine, error) {
	switch a.Config.Log.Engine {
	case config.EngineSQLite:
		engine, err := sqlite.Open(ctx, sqlite.Config{Client: settings.Temporal, Namespace: settings.Namespace, Path: a.Config.Log.File})
		if err != nil {
			return nil, err
		}
		a.closers = append(a.closers, engine.Close)
		return engine, nil
	case config.EngineElastic:
		return elastic.Open(ctx, elastic.Config{
			Connection: a.Config.Log.Elasticsearch, Client: settings.Temporal, Namespace: settings.Namespace,
		})
	default:
		return nil, nil //nolint:nilnil // it is no error that the client's own is meant
	}
}

// Close ends the connections.
func (a *App) Close() error {
	var errs []error
	for _, closeIt := range slices.Backward(a.closers) {
		errs = append(errs, closeIt())
	}
	a.Temporal.Close()
	return errors.Join(errs...)
}

// SetUp makes the server ready for tasks: see setup.Run.
//
// If the task log is in Elasticsearch, that is set up first: a Temporal server needs its index when it starts.
func SetUp(ctx context.Context, c config.Config, options Options, s setup.Options) (err error) {
	if c.Log.Engine == config.EngineElastic {
		if err := elastic.SetUp(ctx, c.Log.Elasticsearch, nil, s.Report); err != nil {
			return err
		}
	}
	settings, err := connect(ctx, c, options, nil)
	if err != nil {
		return err
	}
	defer settings.Temporal.Close()
	// The task log is left out: its engine may need what is about to be made.
	brokers, err := openBrokers(ctx, c, &settings)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, brokers.Close()) }()
	tasks, err := taskqueue.New(settings)
	if err != nil {
		return err
	}
	s.Initialize = tasks.Initialize
	return setup.Run(ctx, settings.Temporal, settings.Namespace, s)
}

// connect returns the configuration of a taskqueue.Client that is connected and complete but for the task log.
func connect(ctx context.Context, c config.Config, options Options, provider trace.TracerProvider) (taskqueue.Config, error) {
	dial, err := config.TemporalOptions(options.Connection, options.Logger, nil)
	if err != nil {
		return taskqueue.Config{}, err
	}
	if provider != nil {
		spans, err := tracing.ClientInterceptor(provider)
		if err != nil {
			return taskqueue.Config{}, err
		}
		dial.Interceptors = append(dial.Interceptors, spans)
	}
	if options.Metrics != nil {
		if dial.MetricsHandler, err = metricsHandler(options.Metrics, options.Logger); err != nil {
			return taskqueue.Config{}, err
		}
	}
	settings := c.Client()
	settings.TracerProvider = provider
	settings.Namespace = dial.Namespace
	settings.Actions = options.Actions
	settings.Logger = options.Logger
	settings.Temporal, err = Dial(ctx, dial)
	if _, away := errors.AsType[*UnreachableError](err); away && options.Lazy && c.Log.Engine == config.EngineVisibility {
		if settings.Temporal, err = client.NewLazyClient(dial); err != nil {
			return taskqueue.Config{}, fmt.Errorf("prepare the connection to the Temporal server at %s: %w", dial.HostPort, err)
		}
	}
	return settings, err
}

// Dial connects to Temporal. An *UnreachableError says that nothing answers there.
func Dial(ctx context.Context, options client.Options) (client.Client, error) {
	c, err := client.DialContext(ctx, options)
	if err != nil {
		return nil, dialError(options.HostPort, err)
	}
	return c, nil
}

// UnreachableError says that no Temporal server answers at an address.
type UnreachableError struct {
	Address string
	Err     error
}

func (e *UnreachableError) Error() string {
	return fmt.Sprintf("no Temporal server answers at %s: is it running? Start one with `go run ./cmd/standalone`, "+
		"or name another address in TEMPORAL_ADDRESS (%v)", e.Address, e.Err)
}

func (e *UnreachableError) Unwrap() error { return e.Err }

func dialError(address string, err error) error {
	var unavailable *serviceerror.Unavailable
	var late *serviceerror.DeadlineExceeded
	if errors.As(err, &unavailable) || errors.As(err, &late) || errors.Is(err, context.DeadlineExceeded) {
		return &UnreachableError{Address: address, Err: err}
	}
	return fmt.Errorf("connect to the Temporal server at %s: %w", address, err)
}
