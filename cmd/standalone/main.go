// Command standalone runs everything in one process, on 127.0.0.1: the Temporal
// server and its Web UI, the REST API and a weighted worker.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/distributed-task-queue/taskqueue/cmd/standalone/internal/embedded"
	"github.com/distributed-task-queue/taskqueue/internal/attribute"
	"github.com/distributed-task-queue/taskqueue/internal/setup"
	"github.com/distributed-task-queue/taskqueue/internal/version"
	"github.com/distributed-task-queue/taskqueue/tasklog/elastic"
)

func main() {
	if err := execute(); err != nil {
		fmt.Fprintln(os.Stderr, "standalone:", err)
		os.Exit(1)
	}
}

func execute() error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return newCommand().ExecuteContext(ctx)
}

// The services that --services can name.
const (
	serviceTemporal = "temporal"
	serviceUI       = "ui"
	serviceAPI      = "api"
	serviceWorker   = "worker"
)

var allServices = []string{serviceTemporal, serviceUI, serviceAPI, serviceWorker}

type options struct {
	temporalPort int
	uiPort       int
	apiPort      int
	dataDir      string
	ephemeral    bool
	namespace    string

	elasticsearch      string
	elasticsearchIndex string
	elasticsearchCA    string

	retention time.Duration
	logLevel  slog.Level
	services  []string
}

func newCommand() *cobra.Command {
	var o options
	command := &cobra.Command{
		Use:           "standalone",
		Short:         "Run the whole task queue in one process",
		Version:       version.String(),
		Args:          cobra.NoArgs,
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE: func(command *cobra.Command, _ []string) error {
			return run(command.Context(), o, command.OutOrStdout(), command.ErrOrStderr())
		},
	}
	flags := command.Flags()
	flags.IntVar(&o.temporalPort, "temporal-port", 7233, "port of Temporal's gRPC API; 0 picks a free one")
	flags.IntVar(&o.uiPort, "ui-port", 8233, "port of the Temporal Web UI; 0 picks a free one")
	flags.IntVar(&o.apiPort, "api-port", 8080, "port of the REST API and dashboard; 0 picks a free one")
	flags.StringVar(&o.dataDir, "data-dir", "taskqueue-data", "directory of the database files, created if missing")
	flags.BoolVar(&o.ephemeral, "ephemeral", false, "keep nothing: the data goes to memory, --data-dir is not used (an index in Elasticsearch stays)")
	flags.StringVar(&o.namespace, "namespace", embedded.DefaultNamespace, "Temporal namespace, created if missing")
	flags.StringVar(&o.elasticsearch, "elasticsearch", "",
		"URL of an Elasticsearch server that keeps Temporal's visibility records, the index of all lists, instead of SQLite")
	flags.StringVar(&o.elasticsearchIndex, "elasticsearch-index", elastic.DefaultIndex, "the index there, created if missing")
	flags.StringVar(&o.elasticsearchCA, "elasticsearch-ca", "",
		"file of the certificates, in PEM, that the server's is checked with (default those of the system)")
	flags.DurationVar(&o.retention, "retention", setup.DefaultRetention, "how long finished tasks are kept")
	flags.TextVar(&o.logLevel, "log-level", slog.LevelInfo, "least level of log lines: debug, info, warn or error")
	flags.StringSliceVar(&o.services, "services", allServices, "what to run")
	return command
}

// validate reports options that cannot work together or are unknown.
func (o options) validate() error {
	for _, service := range o.services {
		if !slices.Contains(allServices, service) {
			return fmt.Errorf("unknown service %q in --services: want some of %s", service, strings.Join(allServices, ", "))
		}
	}
	if !o.runs(serviceTemporal) {
		return fmt.Errorf("--services must contain %s, which the others need", serviceTemporal)
	}
	if !o.ephemeral && o.dataDir == "" {
		return errors.New("--data-dir is empty: name a directory, or use --ephemeral")
	}
	if o.elasticsearch == "" && o.elasticsearchIndex != elastic.DefaultIndex {
		return errors.New("--elasticsearch-index needs --elasticsearch, the URL of the server")
	}
	if o.elasticsearch == "" && o.elasticsearchCA != "" {
		return errors.New("--elasticsearch-ca needs --elasticsearch, the URL of the server")
	}
	return nil
}

func (o options) runs(service string) bool { return slices.Contains(o.services, service) }

// run starts the services, prints the ready line on stdout when all of them
// answer, and stops them when ctx ends.
func run(ctx context.Context, o options, stdout, stderr io.Writer) (err error) {
	if err := o.validate(); err != nil {
		return err
	}
	logger := slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: o.logLevel}))

	server, err := embedded.Start(ctx, o.embeddedConfig(logger))
	if err != nil {
		if ctx.Err() != nil {
			return nil // stopped by a signal while starting
		}
		return err
	}
	defer func() { err = errors.Join(err, server.Stop()) }()

	ready := []string{"ready", "temporal=" + server.FrontendAddress()}
	if o.runs(serviceUI) {
		ready = append(ready, "ui="+server.UIURL())
	}
	wait := func(ctx context.Context) error { <-ctx.Done(); return nil }
	if o.runs(serviceAPI) || o.runs(serviceWorker) {
		running, startErr := startServices(ctx, o, server, logger)
		if startErr != nil {
			return startErr
		}
		defer func() { err = errors.Join(err, running.stop()) }()
		if running.apiURL != "" {
			ready = append(ready, "api="+running.apiURL)
		}
		wait = running.wait
	}
	if _, err := fmt.Fprintln(stdout, strings.Join(ready, " ")); err != nil {
		return fmt.Errorf("print the ready line: %w", err)
	}
	return wait(ctx)
}

func (o options) embeddedConfig(logger *slog.Logger) embedded.Config {
	config := embedded.Config{
		DataDir:      o.dataDir,
		Namespace:    o.namespace,
		Retention:    o.retention,
		FrontendPort: o.temporalPort,
		UIPort:       o.uiPort,
		Logger:       logger,

		SearchAttributes: attribute.Types(),
		RareAttributes:   []string{attribute.Supersedes.GetName()}, // every list leaves out the runs that they name

		// The server's own log is of interest only when something is wrong.
		LogLevel: max(o.logLevel, slog.LevelWarn),
	}
	if o.elasticsearch != "" {
		config.Elasticsearch = &embedded.Elasticsearch{URL: o.elasticsearch, Index: o.elasticsearchIndex, CAFile: o.elasticsearchCA}
	}
	if o.ephemeral {
		config.DataDir = ""
	}
	if !o.runs(serviceUI) {
		config.UIPort = embedded.NoUI
	}
	if o.logLevel < slog.LevelInfo {
		config.LogLevel = o.logLevel
	}
	return config
}
