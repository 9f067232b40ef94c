//go:build linux

package topologytest

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/distributed-task-queue/taskqueue/cmd/standalone/internal/processtest"
	"github.com/distributed-task-queue/taskqueue/internal/elastictest"
	"github.com/distributed-task-queue/taskqueue/internal/freeport"
	"github.com/distributed-task-queue/taskqueue/internal/sqltest"
)

const (
	loopback = "127.0.0.1"
	// startTimeout is how long a part may take until it answers, on a machine where every core is busy.
	startTimeout = 3 * time.Minute
)

// The parts are started once, as that takes most of a minute, and broken again and again.
func TestTopology(t *testing.T) {
	t.Parallel()
	tp := start(t)
	run := func(name string, test func(*testing.T, *topology)) {
		require.True(t, t.Run(name, func(t *testing.T) { test(t, tp) })) // what one has broken is no ground for the next
	}
	run("running", testRunning)
	if thorough() {
		run("each fault", testEachFault)
		run("many tasks", testManyTasks)
	} else {
		run("faults", testFaults)
	}
	for _, s := range slices.Concat(tp.apis, tp.workers) {
		s.stop(t)
	}
}

// topology is the whole system. All its parts keep their addresses and data when they are stopped and started.
type topology struct {
	owner         *testing.T // whose end is that of all the parts, also of those that a subtest has started
	dir           string
	journal       string // of the tasks that were run, an id on each line
	postgres      *sqltest.Postgres
	disk          *disk // of PostgreSQL's data; nil unless there is one of its own
	elasticsearch *elastictest.Server
	index         string // of the visibility records
	temporal      *temporal
	apis          []*service
	workers       []*service
	network       *network // that the last worker is behind; nil if all are on this machine's own
}

// start starts a topology, with a disk and a network of its own if they can be had.
func start(t *testing.T) *topology {
	t.Helper()
	tp := &topology{owner: t, dir: temporaryDir(t)}
	tp.journal = filepath.Join(tp.dir, "journal")
	require.NoError(t, os.WriteFile(tp.journal, nil, 0o600))
	tp.elasticsearch, tp.index = elastictest.New(t), "temporal_visibility_v1_"+newID()
	if !tp.elasticsearch.Owned() {
		t.Cleanup(func() { tp.deleteIndex(t) })
	}
	data := filepath.Join(tp.dir, "postgres")
	tp.disk, tp.network = mountDisk(t, data), newNetwork(t)
	tp.postgres = startPostgres(t, data)
	createSchema(t, tp.postgres)
	tp.connect(t)
	return tp
}

// temporaryDir is one that other accounts may enter.
func temporaryDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "topology-") //nolint:usetesting // others may not enter the parent of its folder
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(dir)) })
	require.NoError(t, os.Chmod(dir, 0o755))
	return dir
}

func startPostgres(t *testing.T, dir string) *sqltest.Postgres {
	t.Helper()
	return sqltest.StartPostgres(t, dir, "max_wal_size = 64MB", "min_wal_size = 32MB", "shared_buffers = 64MB")
}

func (tp *topology) deleteIndex(t *testing.T) {
	t.Helper()
	request, err := http.NewRequest(http.MethodDelete, tp.elasticsearch.URL+"/"+tp.index, nil)
	require.NoError(t, err)
	_, _, err = do(request)
	require.NoError(t, err)
}

// unavailable tells why something cannot be had here, which is no failure unless it is required.
func unavailable(t *testing.T, what string, err error) {
	t.Helper()
	require.NotEqual(t, "required", os.Getenv("TEST_FAULTS"), "%s: %v", what, err)
	t.Logf("%s cannot be had here, so its faults are left out: %v", what, err)
}

// connect starts what comes after the stores: Temporal, made ready by `taskctl init`, the workers and the APIs.
func (tp *topology) connect(t *testing.T) {
	t.Helper()
	host := loopback
	if tp.network != nil {
		host = tp.network.host
	}
	tp.temporal = newTemporal(t, host, tp)
	tp.init(t)
	tp.startServices(t)
}

// startServices starts the APIs and the workers.
func (tp *topology) startServices(t *testing.T) {
	t.Helper()
	for i := range 4 {
		tp.workers = append(tp.workers, tp.newWorker(t, tp.network != nil && i == 3))
	}
	for range 2 {
		tp.apis = append(tp.apis, tp.newAPI(t))
	}
	for _, s := range append(tp.apis, tp.workers...) {
		s.start(t)
	}
}

// init starts Temporal and makes everything ready for tasks by `taskctl init`, as an operator does.
func (tp *topology) init(t *testing.T) {
	t.Helper()
	tp.makeIndex(t)
	tp.temporal.start(t)
	// The second one registers the search attributes. A server that runs notices that within a minute; one that starts knows them at once.
	registering := processtest.Start(t, tp.command("taskctl", "init"))
	tp.temporal.awaitAttributes(t)
	require.NoError(t, registering.Process.Kill())
	require.NoError(t, tp.temporal.End(t, syscall.SIGTERM), "%s%s", &tp.temporal.Out, &tp.temporal.Err)
	tp.temporal.start(t)
	out, err := tp.command("taskctl", "init").CombinedOutput()
	require.NoError(t, err, "%s", out)
}

// makeIndex makes the index by a `taskctl init` that fails then: Temporal, which wants the index when it starts, does not answer yet.
func (tp *topology) makeIndex(t *testing.T) {
	t.Helper()
	out, err := tp.command("taskctl", "init").CombinedOutput()
	require.Error(t, err)
	require.Contains(t, string(out), "no Temporal server answers")
}

// command is one of our programs, configured for the topology.
func (tp *topology) command(name string, args ...string) *exec.Cmd {
	command := exec.Command(program(name), append(args, "--config", absolute("testdata/taskqueue.yaml"))...)
	note := fmt.Sprintf("{note: {path: %q, allowArgs: true, env: {JOURNAL: %q}}}", absolute("testdata/note.sh"), tp.journal)
	command.Env = append(os.Environ(),
		"TEMPORAL_ADDRESS="+tp.temporal.address(),
		fmt.Sprintf("TASKQUEUE_LOG_ELASTICSEARCH_ADDRESSES=[%q]", tp.elasticsearch.URL),
		"TASKQUEUE_LOG_ELASTICSEARCH_INDEX="+tp.index,
		"TASKQUEUE_ACTIONS_COMMAND_PROGRAMS="+note,
	)
	return command
}

func (tp *topology) newAPI(t *testing.T) *service {
	t.Helper()
	address := freeAddress(t)
	return &service{owner: tp.owner, ready: "http://" + address + "/readyz", url: "http://" + address, command: func() *exec.Cmd {
		return tp.command("api", "--listen", address)
	}}
}

// newWorker returns a worker, which may be beyond the network.
func (tp *topology) newWorker(t *testing.T, beyond bool) *service {
	t.Helper()
	address := freeAddress(t)
	if beyond {
		address = net.JoinHostPort(tp.network.far, "9090")
	}
	return &service{owner: tp.owner, ready: "http://" + address + "/metrics", url: "http://" + address, command: func() *exec.Cmd {
		command := tp.command("worker")
		// A worker needs nothing but Temporal.
		command.Env = append(command.Env, "TASKQUEUE_METRICS_LISTEN="+address, "TASKQUEUE_LOG_ENGINE=visibility")
		if beyond {
			return tp.network.within(command)
		}
		return command
	}}
}

// absolute is for programs that run in another directory.
func absolute(path string) string {
	wd, err := os.Getwd()
	if err != nil {
		panic(err)
	}
	return filepath.Join(wd, path)
}

func freeAddress(t *testing.T) string {
	t.Helper()
	port, err := freeport.Find()
	require.NoError(t, err)
	return net.JoinHostPort(loopback, strconv.Itoa(port))
}

// await calls do until it succeeds, and fails the test with its last error when the timeout is over.
func await(t *testing.T, timeout time.Duration, what string, do func(context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), timeout)
	defer cancel()
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	for {
		err := do(ctx)
		if err == nil {
			return
		}
		select {
		case <-ctx.Done():
			require.NoError(t, err, "%s, not within %s", what, timeout)
		case <-ticker.C:
		}
	}
}
