//go:build linux

package topologytest

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health/grpc_health_v1"

	"github.com/distributed-task-queue/taskqueue/cmd/standalone/internal/processtest"
	"github.com/distributed-task-queue/taskqueue/internal/attribute"
	"github.com/distributed-task-queue/taskqueue/internal/freeport"
	"github.com/distributed-task-queue/taskqueue/internal/sqltest"
)

const (
	// database is the name of Temporal's database.
	database = "temporal"
	// settings is the folder of the configuration that deployments have, which takes what this test chooses from the environment.
	settings = "../../../../deployments/temporal/"
)

// createSchema makes Temporal's database with its own tool.
func createSchema(t *testing.T, postgres *sqltest.Postgres) {
	t.Helper()
	for _, args := range [][]string{
		{"create-database", "--defaultdb", "postgres"},
		{"setup-schema", "--version", "0.0"},
		{"update-schema", "--schema-name", "postgresql/v12/temporal"},
	} {
		flags := []string{"--plugin", "postgres12_pgx", "--endpoint", loopback, "--port", postgres.Port, "--user", "postgres", "--database", database}
		out, err := exec.Command(program("sql"), append(flags, args...)...).CombinedOutput()
		require.NoError(t, err, "%s", out)
	}
}

// temporal is the server, with all its services in one process.
type temporal struct {
	*processtest.Process

	owner       *testing.T // whose end is the process's
	host        string
	port        string // of the frontend
	metrics     string // the URL
	environment []string
}

func newTemporal(t *testing.T, host string, tp *topology) *temporal {
	t.Helper()
	elasticsearch, err := url.Parse(tp.elasticsearch.URL)
	require.NoError(t, err)
	s := &temporal{owner: tp.owner, host: host, environment: append(os.Environ(),
		"LOG_LEVEL=error", "NUM_HISTORY_SHARDS=4", "BIND_ON_IP="+host, "TEMPORAL_BROADCAST_ADDRESS="+host,
		"DYNAMIC_CONFIG_FILE_PATH="+absolute(settings+"dynamicconfig.yaml"),
		"POSTGRES_SEEDS="+loopback, "DB_PORT="+tp.postgres.Port, "POSTGRES_USER=postgres", "DBNAME="+database,
		"ES_SEEDS="+elasticsearch.Hostname(), "ES_PORT="+elasticsearch.Port(), "ES_VIS_INDEX="+tp.index,
	)}
	for _, name := range []string{"FRONTEND", "MATCHING", "HISTORY", "WORKER"} {
		for _, kind := range []string{"GRPC", "MEMBERSHIP"} {
			port, err := freeport.Find()
			require.NoError(t, err)
			s.environment = append(s.environment, name+"_"+kind+"_PORT="+strconv.Itoa(port))
			if name == "FRONTEND" && kind == "GRPC" {
				s.port = strconv.Itoa(port)
			}
		}
	}
	metrics := freeAddress(t)
	s.metrics = "http://" + metrics + "/metrics"
	s.environment = append(s.environment, "PROMETHEUS_ENDPOINT="+metrics)
	return s
}

func (s *temporal) address() string { return net.JoinHostPort(s.host, s.port) }

// start runs a process and returns when the frontend says that it serves.
func (s *temporal) start(t *testing.T) {
	t.Helper()
	command := exec.Command(program("server"), "--config-file", absolute(settings+"config.yaml"), "--allow-no-auth", "start")
	command.Env = s.environment
	s.Process = processtest.Start(s.owner, command)
	connection, err := grpc.NewClient(s.address(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	require.NoError(t, err)
	defer connection.Close()
	health := grpc_health_v1.NewHealthClient(connection)
	await(t, startTimeout, "Temporal serves", func(ctx context.Context) error {
		select {
		case <-s.Exited():
			require.Fail(t, "Temporal has ended", "%s%s", &s.Out, &s.Err)
		default:
		}
		ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
		defer cancel()
		_, err := health.Check(ctx, &grpc_health_v1.HealthCheckRequest{Service: "temporal.api.workflowservice.v1.WorkflowService"})
		return err
	})
}

// awaitAttributes returns when the search attributes of tasks are registered.
func (s *temporal) awaitAttributes(t *testing.T) {
	t.Helper()
	c, err := client.Dial(client.Options{HostPort: s.address(), Logger: log.NewStructuredLogger(slog.New(slog.DiscardHandler))})
	require.NoError(t, err)
	defer c.Close()
	await(t, startTimeout, "the search attributes are registered", func(ctx context.Context) error {
		have, err := c.OperatorService().ListSearchAttributes(ctx, &operatorservice.ListSearchAttributesRequest{Namespace: "default"})
		if err != nil {
			return err
		}
		for name := range attribute.Types() {
			if _, ok := have.GetCustomAttributes()[name]; !ok {
				return fmt.Errorf("%s is not", name)
			}
		}
		return nil
	})
}

// kill gives the server no chance to say anything.
func (s *temporal) kill(t *testing.T) {
	t.Helper()
	require.ErrorContains(t, s.End(t, syscall.SIGKILL), "killed")
}
