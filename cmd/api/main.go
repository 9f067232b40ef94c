// Command api serves the REST API.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/distributed-task-queue/taskqueue/internal/app"
	"github.com/distributed-task-queue/taskqueue/internal/config"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "api:", err)
		os.Exit(1)
	}
}

func run() error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT, syscall.SIGQUIT)
	defer stop()
	return newCommand().ExecuteContext(ctx)
}

func newCommand() *cobra.Command {
	var file, listen string
	command := &cobra.Command{
		Use:           "api",
		Short:         "Serve the REST API",
		Args:          cobra.NoArgs,
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE: func(command *cobra.Command, _ []string) error {
			c, err := config.Load(file, os.Environ())
			if err != nil {
				return err
			}
			if listen != "" {
				c.API.Listen = listen
			}
			return serve(command.Context(), c, command.OutOrStdout(), command.ErrOrStderr())
		},
	}
	flags := command.Flags()
	flags.StringVar(&file, "config", "", "configuration file (default "+config.DefaultFile+", if it exists)")
	flags.StringVar(&listen, "listen", "", "address:port on this machine (default: api.listen of the configuration, or "+config.Default().API.Listen+")")
	return command
}

// serve prints one line when the API answers, and serves until ctx ends.
func serve(ctx context.Context, c config.Config, stdout, stderr io.Writer) (err error) {
	program, err := app.Open(ctx, c, app.Options{Logger: c.Logging.NewLogger(stderr)})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, program.Close()) }()
	server, err := program.NewAPI()
	if err != nil {
		return err
	}
	var socket net.ListenConfig
	listener, err := socket.Listen(ctx, "tcp", c.API.Listen)
	if err != nil {
		return fmt.Errorf("listen on %s: %w", c.API.Listen, err)
	}
	if _, err := fmt.Fprintf(stdout, "ready api=http://%s\n", listener.Addr()); err != nil {
		return err
	}
	return server.Serve(ctx, listener)
}
