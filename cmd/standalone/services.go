package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"strconv"

	"github.com/distributed-task-queue/taskqueue/api"
	"github.com/distributed-task-queue/taskqueue/cmd/standalone/internal/embedded"
	"github.com/distributed-task-queue/taskqueue/internal/app"
	"github.com/distributed-task-queue/taskqueue/internal/config"
)

// concurrency is how many tasks the standalone's worker runs at a time.
const concurrency = 10

// services are what runs beside the Temporal server.
type services struct {
	program *app.App
	stopAll context.CancelFunc
	ended   chan error
	running int
	apiURL  string
}

// startServices starts the API and the worker, as far as they are wanted.
func startServices(ctx context.Context, o options, server *embedded.Server, logger *slog.Logger) (*services, error) {
	c, err := config.Load("", os.Environ())
	if err != nil {
		return nil, err
	}
	c.Log = config.Log{Engine: config.EngineSQLite, File: server.VisibilityPath()}
	c.Worker.Concurrency = concurrency
	actions, err := app.BuiltInActions(c.Actions)
	if err != nil {
		return nil, err
	}
	program, err := app.Open(ctx, c, app.Options{
		Connection: config.Connection{Address: server.FrontendAddress(), Namespace: o.namespace}, Actions: actions, Logger: logger,
	})
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	s := &services{program: program, stopAll: cancel, ended: make(chan error, 2)}
	if o.runs(serviceAPI) {
		err = s.startAPI(ctx, o.apiPort)
	}
	if err == nil && o.runs(serviceWorker) {
		err = s.startWorker(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, s.stop())
	}
	return s, nil
}

func (s *services) startAPI(ctx context.Context, port int) error {
	var listen net.ListenConfig
	listener, err := listen.Listen(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return fmt.Errorf("API port %d cannot be used; name another with --api-port: %w", port, err)
	}
	server, err := api.New(api.Config{Client: s.program.Client, Logger: s.program.Logger})
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	s.apiURL = "http://" + listener.Addr().String()
	s.run(func() error { return server.Serve(ctx, listener) })
	return nil
}

func (s *services) startWorker(ctx context.Context) error {
	w, err := s.program.NewWorker("", 0)
	if err != nil {
		return err
	}
	s.run(func() error { return w.Run(ctx) })
	return nil
}

func (s *services) run(service func() error) {
	s.running++
	go func() { s.ended <- service() }()
}

// stop ends what was started and waits for it.
func (s *services) stop() error {
	s.stopAll()
	var errs []error
	for ; s.running > 0; s.running-- {
		errs = append(errs, <-s.ended)
	}
	return errors.Join(append(errs, s.program.Close())...)
}
