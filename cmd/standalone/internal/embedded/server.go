// Package embedded runs a complete Temporal server and its Web UI inside this
// process, on SQLite files and on 127.0.0.1 only.
package embedded

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/server/common/dynamicconfig"
	"go.temporal.io/server/common/namespace"
	"go.temporal.io/server/temporal"

	"github.com/distributed-task-queue/taskqueue/internal/setup"
	"github.com/distributed-task-queue/taskqueue/tasklog/elastic"
)

const (
	// host is the one address everything listens on: an embedded server has no
	// authentication, so it must never be reachable from another machine.
	host = "127.0.0.1"

	// NoUI as Config.UIPort leaves the Web UI out.
	NoUI = -1

	// DefaultNamespace is used when Config.Namespace is empty.
	DefaultNamespace = "default"

	startTimeout = time.Minute
	stopTimeout  = 30 * time.Second
)

// Config says what to start. Its zero value is an ephemeral server with a UI,
// both on free ports.
type Config struct {
	// DataDir holds the SQLite files and is created when missing. Only one
	// server may use it at a time. Empty means ephemeral: a temporary
	// directory, in memory where the system offers that, removed by Stop.
	DataDir string

	// Namespace is created when missing; empty means DefaultNamespace.
	Namespace string

	// Retention is how long closed workflows are kept in the namespace; zero
	// means setup.DefaultRetention, the least is one hour. It is applied at each
	// start, so a changed value takes effect on existing data.
	Retention time.Duration

	// FrontendPort is the port of Temporal's gRPC API; 0 picks a free one.
	FrontendPort int

	// UIPort is the port of the Web UI; 0 picks a free one, NoUI leaves the UI out.
	UIPort int

	// SearchAttributes are the custom search attributes, name to type, that the
	// namespace must have; those it lacks are added before the server starts.
	// Attributes that it has beside these stay.
	SearchAttributes map[string]enumspb.IndexedValueType

	// Elasticsearch keeps the visibility records instead of SQLite. A data
	// directory stays with the one that it was made with. Optional.
	Elasticsearch *Elasticsearch

	// RareAttributes are those of SearchAttributes that few executions have, and
	// that are looked for all the time.
	RareAttributes []string

	// Logger receives the server's log; nil means slog.Default().
	Logger *slog.Logger

	// LogLevel is the least level of the server's own lines that reach Logger;
	// nil means slog.LevelWarn, since at info the server reports every one of its
	// internal components.
	LogLevel slog.Leveler

	// DynamicConfig overrides single settings of the server, for tests.
	DynamicConfig map[dynamicconfig.Key]any
}

// withDefaults fills in what the caller left empty, or names what is wrong.
func (c Config) withDefaults() (Config, error) {
	if c.Namespace == "" {
		c.Namespace = DefaultNamespace
	}
	if c.Retention == 0 {
		c.Retention = setup.DefaultRetention
	}
	if c.Retention < namespace.MinRetentionLocal {
		return c, fmt.Errorf("retention %s is too short: the least is %s", c.Retention, namespace.MinRetentionLocal)
	}
	if c.FrontendPort < 0 || c.FrontendPort > maxPort {
		return c, fmt.Errorf("invalid Temporal port %d: want 0 to %d", c.FrontendPort, maxPort)
	}
	if c.UIPort < NoUI || c.UIPort > maxPort {
		return c, fmt.Errorf("invalid Web UI port %d: want 0 to %d, or %d for no UI", c.UIPort, maxPort, NoUI)
	}
	if c.Elasticsearch != nil {
		if err := c.Elasticsearch.validate(); err != nil {
			return c, err
		}
		named := *c.Elasticsearch
		named.Index = cmp.Or(named.Index, elastic.DefaultIndex)
		c.Elasticsearch = &named
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if c.LogLevel == nil {
		c.LogLevel = slog.LevelWarn
	}
	return c, nil
}

// Server is a running Temporal server with its Web UI.
type Server struct {
	namespace       string
	frontendAddress string
	uiURL           string

	data     *dataDir
	temporal temporal.Server
	ui       *webUI // nil without a UI
	logger   *serverLogger

	elasticsearch elastic.Connection
}

// Start starts Temporal and its Web UI and returns when both answer: the
// namespace exists and accepts the configured search attributes. It fails
// without leaving anything behind if the data directory is in use by another
// server or was made with another place for the visibility records, a port is
// taken, or a search attribute exists with another type.
func Start(ctx context.Context, config Config) (_ *Server, err error) {
	config, err = config.withDefaults()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()

	ports, err := choosePorts(config)
	if err != nil {
		return nil, err
	}
	data, err := openDataDir(config.DataDir)
	if err != nil {
		return nil, err
	}
	s := &Server{
		namespace:       config.Namespace,
		frontendAddress: address(ports.frontend),
		data:            data,
		logger:          newServerLogger(config.Logger, config.LogLevel),
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Stop())
		}
	}()
	if config.Elasticsearch != nil {
		if s.elasticsearch, err = config.Elasticsearch.connection(); err != nil {
			return nil, err
		}
	}

	settings, err := serverConfig(data, ports, config)
	if err != nil {
		return nil, err
	}
	if err := prepareStores(ctx, data, settings, config); err != nil {
		return nil, err
	}
	if s.temporal, err = startTemporal(settings, ports, config, s.logger); err != nil {
		return nil, err
	}
	if err := awaitFrontend(ctx, s.frontendAddress, config); err != nil {
		return nil, err
	}
	if config.UIPort != NoUI {
		s.uiURL = "http://" + address(ports.ui)
		if s.ui, err = startUI(ctx, ports.ui, s.frontendAddress, config.Namespace); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// FrontendAddress is the host:port of Temporal's gRPC API.
func (s *Server) FrontendAddress() string { return s.frontendAddress }

// Namespace is the name of the namespace that the server was started with.
func (s *Server) Namespace() string { return s.namespace }

// UIURL is the address of the Web UI, empty when there is none.
func (s *Server) UIURL() string { return s.uiURL }

// VisibilityPath is the SQLite file with Temporal's visibility records (table
// executions_visibility). It is in WAL mode, so another connection may read it
// while the server runs; nobody but the server may write to it. There is no such
// file with Elasticsearch.
func (s *Server) VisibilityPath() string { return s.data.visibilityPath() }

// Elasticsearch is where the visibility records are instead, if the server was
// started with one.
func (s *Server) Elasticsearch() elastic.Connection { return s.elasticsearch }

// DataDir is the directory of the server's files.
func (s *Server) DataDir() string { return s.data.path }

// Stop stops the Web UI and the server, releases the data directory and, if the
// server was ephemeral, deletes it. It takes at most about half a minute: a
// server that has not stopped by then is reported as an error.
func (s *Server) Stop() error {
	// While its services stop one after the other the server reports every call
	// between them that fails, which is of no use to anyone.
	s.logger.silence()
	var errs []error
	if s.ui != nil {
		errs = append(errs, s.ui.stop())
	}
	if s.temporal != nil {
		errs = append(errs, stopTemporal(s.temporal))
	}
	return errors.Join(append(errs, s.data.close())...)
}

func stopTemporal(server temporal.Server) error {
	stopped := make(chan error, 1)
	go func() { stopped <- server.Stop() }()
	select {
	case err := <-stopped:
		if err != nil {
			return fmt.Errorf("stop the Temporal server: %w", err)
		}
		return nil
	case <-time.After(stopTimeout):
		return fmt.Errorf("the Temporal server did not stop within %s", stopTimeout)
	}
}

func address(port int) string { return net.JoinHostPort(host, strconv.Itoa(port)) }
