package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"

	"github.com/distributed-task-queue/taskqueue/cmd/standalone/internal/embedded"
	"github.com/distributed-task-queue/taskqueue/examples/csvimport"
	"github.com/distributed-task-queue/taskqueue/internal/app"
	"github.com/distributed-task-queue/taskqueue/internal/config"
)

// concurrency is how many tasks the standalone's worker runs at a time.
const concurrency = 10

// services are what runs beside the Temporal server.
type services struct {
	program *app.App
	sample  *csvimport.Importer
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
	useLog(&c.Log, o, server)
	c.Worker.Concurrency = concurrency
	if c.API.TemporalUI == "" && o.runs(serviceUI) {
		c.API.TemporalUI = server.UIURL()
	}
	if c.Actions.Declared == nil {
		c.Actions.Declared = []string{} // every action is known here, so an unknown one is a mistake
	}
	dir := server.DataDir()
	for _, sub := range []string{"files", "imports"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o750); err != nil {
			return nil, fmt.Errorf("make the directory of %s: %w", sub, err)
		}
	}
	if c.Files.URL == "" {
		c.Files.URL = (&url.URL{Scheme: "file", Path: filepath.Join(dir, "files"), RawQuery: "no_tmp_dir=true"}).String()
	}
	actions, err := app.BuiltInActions(c.Actions)
	if err != nil {
		return nil, err
	}
	program, err := app.Open(ctx, c, app.Options{
		Connection: config.Connection{Address: server.FrontendAddress(), Namespace: o.namespace},
		Actions:    actions, Metrics: app.NewMetrics(), Logger: logger,
	})
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	s := &services{program: program, stopAll: cancel, ended: make(chan error, 4)}
	s.sample, err = csvimport.New(ctx, csvimport.Config{
		Database: filepath.Join(dir, "csvimport.db"), Files: program.Files, ImportDir: filepath.Join(dir, "imports"),
	})
	if err == nil {
		err = s.sample.Register(actions)
	}
	if err == nil && o.runs(serviceAPI) {
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

// useLog makes the task log read the server's visibility records.
func useLog(log *config.Log, o options, server *embedded.Server) {
	if o.elasticsearch != "" {
		log.Engine, log.Elasticsearch = config.EngineElastic, server.Elasticsearch()
		return
	}
	log.Engine, log.File = config.EngineSQLite, server.VisibilityPath()
}

func (s *services) startAPI(ctx context.Context, port int) error {
	var listen net.ListenConfig
	listener, err := listen.Listen(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return fmt.Errorf("API port %d cannot be used; name another with --api-port: %w", port, err)
	}
	monitor, err := s.program.NewMonitor()
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	server, err := s.program.NewAPI(monitor)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	s.apiURL = "http://" + listener.Addr().String()
	if s.program.Config.API.TLS.Enabled() {
		s.apiURL = "https://" + listener.Addr().String()
	}
	s.run(func() error { return server.Serve(ctx, listener) })
	s.run(func() error { return s.program.RunMonitor(ctx, monitor) })
	return nil
}

func (s *services) startWorker(ctx context.Context) error {
	w, err := s.program.NewWorker("", 0)
	if err != nil {
		return err
	}
	s.run(func() error { return w.Run(ctx) })
	s.run(func() error { return s.program.RunRelay(ctx, "") })
	return nil
}

func (s *services) run(service func() error) {
	s.running++
	go func() { s.ended <- service() }()
}

// wait returns when ctx ends, or with the error of a service that ended before.
func (s *services) wait(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return nil
	case err := <-s.ended:
		s.running--
		return err
	}
}

// stop ends what was started and waits for it.
func (s *services) stop() error {
	s.stopAll()
	var errs []error
	for ; s.running > 0; s.running-- {
		errs = append(errs, <-s.ended)
	}
	if s.sample != nil {
		errs = append(errs, s.sample.Close())
	}
	return errors.Join(append(errs, s.program.Close())...)
}
