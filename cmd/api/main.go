// Command api serves the REST API.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/distributed-task-queue/taskqueue/internal/app"
	"github.com/distributed-task-queue/taskqueue/internal/config"
	"github.com/distributed-task-queue/taskqueue/internal/version"
)

func main() {
	if err := start(); err != nil {
		fmt.Fprintln(os.Stderr, "api:", err)
		os.Exit(1)
	}
}

func start() error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return newCommand().ExecuteContext(ctx)
}

func newCommand() *cobra.Command {
	var file, listen string
	command := &cobra.Command{
		Use: "api", Short: "Serve the REST API", Version: version.String(), Args: cobra.NoArgs, SilenceUsage: true, SilenceErrors: true,
		RunE: func(command *cobra.Command, _ []string) error { return run(command.Context(), file, listen) },
	}
	command.Flags().StringVar(&file, "config", "", "configuration file (default "+config.DefaultFile+", if it exists)")
	command.Flags().StringVar(&listen, "listen", "", "address:port (default: api.listen of the configuration)")
	return command
}

func run(ctx context.Context, file, listen string) (err error) {
	c, err := config.Load(file, os.Environ())
	if err != nil {
		return err
	}
	if listen != "" {
		c.API.Listen = listen
	}
	actions, err := app.BuiltInActions(c.Actions)
	if err != nil {
		return err
	}
	program, err := app.Open(ctx, c, app.Options{Lazy: true, Actions: actions, Metrics: app.NewMetrics(), Logger: c.Logging.NewLogger(os.Stderr)})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, program.Close()) }()
	monitor, err := program.NewMonitor()
	if err != nil {
		return err
	}
	server, err := program.NewAPI(monitor)
	if err != nil {
		return err
	}
	stopMetrics, err := program.ServeMetrics(ctx, server.Ready)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stopMetrics()) }()
	program.Logger.Info("The API starts", "address", c.API.Listen)
	services, ctx := errgroup.WithContext(ctx)
	services.Go(func() error { return server.ListenAndServe(ctx, c.API.Listen) })
	services.Go(func() error { return program.RunMonitor(ctx, monitor) })
	return services.Wait()
}
