// Command worker runs tasks.
//
// SIGTERM, SIGINT and SIGQUIT end it when the running tasks are done, and a SIGINT after that at once. SIGUSR1 or SIGUSR2
// pauses it and SIGCONT resumes it.
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/distributed-task-queue/taskqueue/internal/app"
	"github.com/distributed-task-queue/taskqueue/internal/config"
	"github.com/distributed-task-queue/taskqueue/internal/version"
	"github.com/distributed-task-queue/taskqueue/worker"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "worker:", err)
		os.Exit(1)
	}
}

func run() error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT, syscall.SIGQUIT)
	defer stop()
	return newCommand().ExecuteContext(ctx)
}

type options struct {
	config      string
	queue       string
	limit       int
	concurrency int
	strategy    string
	deployment  worker.Deployment
}

func newCommand() *cobra.Command {
	var o options
	command := &cobra.Command{
		Use:           "worker",
		Short:         "Run tasks",
		Version:       version.String(),
		Args:          cobra.NoArgs,
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE: func(command *cobra.Command, _ []string) error {
			return o.run(command.Context(), command.OutOrStdout(), command.ErrOrStderr())
		},
	}
	flags := command.Flags()
	flags.StringVar(&o.config, "config", "", "configuration file (default "+config.DefaultFile+", if it exists)")
	flags.StringVar(&o.queue, "queue", "", "run tasks of this queue only")
	flags.IntVar(&o.limit, "limit", 0, "end after this many tasks; needs --queue (default: no limit)")
	flags.IntVar(&o.concurrency, "concurrency", 0, "how many tasks run at a time (default: worker.concurrency of the configuration)")
	flags.StringVar(&o.strategy, "strategy", "", "which queue is next, weight or strict (default: worker.strategy of the configuration)")
	flags.StringVar(&o.deployment.Name, "deployment", "", "the deployment that this worker is of (default: worker.deployment.name of the configuration)")
	flags.StringVar(&o.deployment.BuildID, "build-id", "", "the version of the deployment (default: worker.deployment.buildId of the configuration)")
	return command
}

// load returns the configuration with the flags applied.
func (o options) load() (config.Config, error) {
	if o.limit < 0 {
		return config.Config{}, fmt.Errorf("--limit is %d; it must be 1 or more, or 0 for no limit", o.limit)
	}
	if o.limit > 0 && o.queue == "" {
		return config.Config{}, worker.ErrLimitNeedsQueue
	}
	c, err := config.Load(o.config, os.Environ())
	if err != nil {
		return config.Config{}, err
	}
	if o.concurrency < 0 {
		return config.Config{}, fmt.Errorf("--concurrency is %d; it must be 1 or more", o.concurrency)
	}
	if o.concurrency > 0 {
		c.Worker.Concurrency = o.concurrency
	}
	if o.strategy != "" {
		if c.Worker.Strategy, err = worker.ParseStrategy(o.strategy); err != nil {
			return config.Config{}, fmt.Errorf("--strategy: %w", err)
		}
	}
	c.Worker.Deployment.Name = cmp.Or(o.deployment.Name, c.Worker.Deployment.Name)
	c.Worker.Deployment.BuildID = cmp.Or(o.deployment.BuildID, c.Worker.Deployment.BuildID)
	if err := c.Worker.Deployment.Validate(); err != nil {
		return config.Config{}, fmt.Errorf("worker.deployment.%w", err)
	}
	return c, nil
}

func (o options) run(ctx context.Context, stdout, stderr io.Writer) (err error) {
	c, err := o.load()
	if err != nil {
		return err
	}
	actions, err := app.BuiltInActions(c.Actions)
	if err != nil {
		return err
	}
	settings := app.Options{Actions: actions, Logger: c.Logging.NewLogger(stderr)}
	if c.Metrics.Listen != "" {
		settings.Metrics = app.NewMetrics()
	}
	program, err := app.Open(ctx, c, settings)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, program.Close()) }()
	w, err := program.NewWorker(o.queue, o.limit)
	if errors.Is(err, app.ErrNoWorkerNeeded) {
		_, err = fmt.Fprintln(stdout, err)
		return err
	}
	if err != nil {
		return err
	}
	stopMetrics, err := program.ServeMetrics(ctx, w.Ready)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stopMetrics()) }()
	defer obeyPauseSignals(w)()
	program.Logger.Info("The worker starts", "namespace", program.Namespace, "queue", o.queue, "limit", o.limit,
		"concurrency", c.Worker.Concurrency, "strategy", c.Worker.Strategy, "deployment", c.Worker.Deployment.Name, "build", c.Worker.Deployment.BuildID,
		"actions", actions.Names())
	defer context.AfterFunc(ctx, func() {
		signal.Reset(os.Interrupt) // so that it does what it does to any other program
		program.Logger.Info("The worker stops when the running tasks are done; SIGINT ends it at once", "timeout", c.Worker.ShutdownTimeout)
	})()
	if err := runBoth(ctx, w.Run, func(ctx context.Context) error { return program.RunRelay(ctx, o.queue) }); err != nil {
		return err
	}
	_, err = fmt.Fprintln(stdout, "Worker finished at", time.Now().UTC().Format(time.RFC3339))
	return err
}

// runBoth runs the worker, and the relay of its queues as long as the worker runs. If one fails, both end.
func runBoth(ctx context.Context, work, relay func(context.Context) error) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	both, ctx := errgroup.WithContext(ctx)
	both.Go(func() error { return relay(ctx) })
	both.Go(func() error {
		defer stop() // it may have reached its limit
		return work(ctx)
	})
	return both.Wait()
}
