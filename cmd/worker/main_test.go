//go:build unix

package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	taskqueue "github.com/distributed-task-queue/taskqueue"
	"github.com/distributed-task-queue/taskqueue/internal/syncbuffer"
	"github.com/distributed-task-queue/taskqueue/internal/temporaltest"
	"github.com/distributed-task-queue/taskqueue/task"
)

// runAsWorker makes the test's binary the worker.
const runAsWorker = "TEST_RUN_AS_WORKER"

func TestMain(m *testing.M) {
	if os.Getenv(runAsWorker) != "" {
		main()
		return
	}
	temporaltest.Main(m)
}

// patience is how long a process may take for anything.
const patience = 2 * time.Minute

// bundle is a queue of its own and a web server whose answers the test gives.
type bundle struct {
	client  *taskqueue.Client
	queue   string
	config  string
	url     string
	calls   chan string   // the paths that tasks call
	answers chan struct{} // each lets one call end
}

func setup(t *testing.T) *bundle {
	t.Helper()
	b := &bundle{queue: temporaltest.UniqueName(t), calls: make(chan string, 10), answers: make(chan struct{}, 10)}
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		b.calls <- r.URL.Path
		<-b.answers
	}))
	t.Cleanup(server.Close)
	t.Cleanup(func() { close(b.answers) })
	b.url = server.URL
	b.config = filepath.Join(t.TempDir(), "taskqueue.yaml")
	text := fmt.Sprintf("queues: [{name: %s}]\nactions: {http: {allowedHosts: [%q], allowPrivateNetworks: true}}\n",
		b.queue, strings.TrimPrefix(server.URL, "http://"))
	require.NoError(t, os.WriteFile(b.config, []byte(text), 0o600))
	var err error
	b.client, err = taskqueue.New(taskqueue.Config{Temporal: temporaltest.Dial(t), Queues: []taskqueue.Queue{{Name: b.queue}}})
	require.NoError(t, err)
	return b
}

// enqueue makes a task that calls the path.
func (b *bundle) enqueue(t *testing.T, path string) task.ID {
	t.Helper()
	made, err := b.client.CreateTask(t.Context(), "http.request", map[string]any{"url": b.url + path}, "", nil)
	require.NoError(t, err)
	return made.ID
}

// called waits for a task's call.
func (b *bundle) called(t *testing.T) string {
	t.Helper()
	select {
	case path := <-b.calls:
		return path
	case <-time.After(patience):
		require.Fail(t, "no task has called")
		return ""
	}
}

// requireStatus waits until the task has the status.
func (b *bundle) requireStatus(t *testing.T, id task.ID, want task.Status) {
	t.Helper()
	require.Eventually(t, func() bool {
		e, err := b.client.TaskLog().Get(t.Context(), id)
		return err == nil && e.Status == want
	}, patience, 50*time.Millisecond, "task %s is not %s", id, want)
}

// process is a running worker.
type process struct {
	command *exec.Cmd
	stdout  bytes.Buffer
	stderr  syncbuffer.Buffer
	ended   chan error
}

func (b *bundle) start(t *testing.T, args ...string) *process {
	t.Helper()
	p := &process{command: exec.Command(os.Args[0], append([]string{"--config=" + b.config}, args...)...), ended: make(chan error, 1)}
	p.command.Env = append(os.Environ(), runAsWorker+"=1", "TEMPORAL_ADDRESS="+temporaltest.Server().Address)
	p.command.Stdout = &p.stdout
	p.command.Stderr = &p.stderr
	require.NoError(t, p.command.Start())
	go func() { p.ended <- p.command.Wait() }()
	t.Cleanup(func() { _ = p.command.Process.Kill() })
	return p
}

func (p *process) signal(t *testing.T, s os.Signal) {
	t.Helper()
	require.NoError(t, p.command.Process.Signal(s))
}

// wait returns the exit status.
func (p *process) wait(t *testing.T) int {
	t.Helper()
	select {
	case <-p.ended:
		return p.command.ProcessState.ExitCode()
	case <-time.After(patience):
		require.Fail(t, "the worker does not end", p.stderr.String())
		return -1
	}
}

// requireLogged waits for a line of the process's log.
func (p *process) requireLogged(t *testing.T, text string) {
	t.Helper()
	require.Eventually(t, func() bool { return strings.Contains(p.stderr.String(), text) }, patience, 20*time.Millisecond,
		"%q is not logged: %s", text, p.stderr.String())
}

func TestStopSignalsLetTheRunningTaskEnd(t *testing.T) {
	t.Parallel()
	for _, s := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT, syscall.SIGQUIT} {
		t.Run(s.String(), func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			p := b.start(t, "--concurrency=1")
			running, waiting := b.enqueue(t, "/running"), b.enqueue(t, "/waiting")
			if b.called(t) == "/waiting" { // queues are not strictly in order
				running, waiting = waiting, running
			}
			p.signal(t, s)
			p.requireLogged(t, "The worker stops")
			b.answers <- struct{}{}
			require.Equal(t, 0, p.wait(t), p.stderr.String())
			require.Contains(t, p.stdout.String(), "Worker finished at ")

			// The next worker finds one task done and the other one still to do.
			b.requireStatus(t, waiting, task.Enqueued)
			next := b.start(t)
			b.called(t)
			b.answers <- struct{}{}
			b.requireStatus(t, running, task.Completed)
			b.requireStatus(t, waiting, task.Completed)
			require.Empty(t, b.calls, "a task has run twice")
			next.signal(t, syscall.SIGTERM)
			require.Equal(t, 0, next.wait(t), next.stderr.String())
		})
	}
}

func TestPauseSignals(t *testing.T) {
	t.Parallel()
	b := setup(t)
	p := b.start(t)
	first := b.enqueue(t, "/first")
	require.Equal(t, "/first", b.called(t))
	p.signal(t, syscall.SIGUSR2)
	p.requireLogged(t, "The worker is paused")
	b.answers <- struct{}{}
	b.requireStatus(t, first, task.Completed) // what runs goes on

	second := b.enqueue(t, "/second")
	select {
	case path := <-b.calls:
		require.Fail(t, "a paused worker has run a task", path)
	case <-time.After(2 * time.Second):
	}
	p.signal(t, syscall.SIGCONT)
	require.Equal(t, "/second", b.called(t))
	b.answers <- struct{}{}
	b.requireStatus(t, second, task.Completed)
	p.signal(t, syscall.SIGTERM)
	require.Equal(t, 0, p.wait(t), p.stderr.String())
}

func TestLimitEndsTheWorker(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for range 3 {
		b.enqueue(t, "/")
		b.answers <- struct{}{}
	}
	p := b.start(t, "--queue="+b.queue, "--limit=2", "--strategy=strict")
	require.Equal(t, 0, p.wait(t), p.stderr.String())
	require.Contains(t, p.stdout.String(), "Worker finished at ")
	require.Len(t, b.calls, 2)
}

func TestMistakesAreTold(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for want, args := range map[string][]string{
		"Limit can be set only if a dedicated queue is set.": {"--limit=5"},
		`Queue "nowhere" does not exist`:                     {"--queue=nowhere"},
		`strategy "chance" does not exist`:                   {"--strategy=chance"},
		"--concurrency is -1":                                {"--concurrency=-1"},
		"--limit is -1":                                      {"--queue=" + b.queue, "--limit=-1"},
		"unknown flag: --quue":                               {"--quue=a"},
		"worker.deployment.buildId is empty":                 {"--deployment=shop"},
		"absent.yaml":                                        {"--config=absent.yaml"},
	} {
		p := b.start(t, args...)
		require.Equal(t, 1, p.wait(t), "%v", args)
		require.Contains(t, p.stderr.String(), "worker: ", "%v", args)
		require.Contains(t, p.stderr.String(), want, "%v", args)
	}
}

func TestTheWorkerServesItsMetrics(t *testing.T) {
	t.Parallel()
	b := setup(t)
	settings, err := os.ReadFile(b.config)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(b.config, append(settings, "metrics: {listen: '127.0.0.1:0'}\n"...), 0o600))
	p := b.start(t)
	b.enqueue(t, "/done")
	require.Equal(t, "/done", b.called(t))
	b.answers <- struct{}{}
	b.enqueue(t, "/measured")
	require.Equal(t, "/measured", b.called(t))
	address := regexp.MustCompile(`"?The metrics are served"? address=(\S+)`).FindStringSubmatch(p.stderr.String())
	require.NotNil(t, address, p.stderr.String())
	get := func(path string) (status int, body string) {
		response, err := http.Get("http://" + address[1] + path)
		if err != nil {
			return 0, ""
		}
		defer response.Body.Close()
		content, err := io.ReadAll(response.Body)
		if err != nil {
			return 0, ""
		}
		return response.StatusCode, string(content)
	}
	requireMetrics := func(patterns ...string) {
		t.Helper()
		for _, pattern := range patterns {
			pattern := regexp.MustCompile(`(?m)^` + pattern)
			require.Eventually(t, func() bool { _, metrics := get("/metrics"); return pattern.MatchString(metrics) }, patience, 50*time.Millisecond, "%s", pattern)
		}
	}
	requireMetrics(
		`# HELP taskqueue_worker_running Tasks of the queue that run in this worker.$`,
		`taskqueue_worker_running{.*task_queue="`+b.queue+`".*} 1$`,
		`taskqueue_worker_permits{.*} 1$`,
		`taskqueue_worker_held{.*} 0$`,
		`taskqueue_action_wait_seconds_count{action="http.request",.*} 2$`,
		`taskqueue_action_run_seconds_count{action="http.request",.*status="completed",.*} 1$`,
		`taskqueue_task_seconds_count{action="http.request",.*status="completed",.*} 1$`,
		`taskqueue_task_seconds_bucket{action="http.request",.*le="86400"} 1$`,
		`taskqueue_enqueued_total{broker="temporal",queue="`+b.queue+`",result="enqueued"} 0$`,
		`temporal_request_latency_seconds_bucket{`,
		`go_goroutines `,
	)
	status, _ := get("/readyz")
	require.Equal(t, http.StatusOK, status)
	// They are served while the task runs, and also while the worker waits for it to end.
	p.signal(t, syscall.SIGTERM)
	requireMetrics(`taskqueue_worker_paused{.*task_queue="` + b.queue + `".*} 1$`)
	status, _ = get("/readyz")
	require.Equal(t, http.StatusServiceUnavailable, status)
	status, _ = get("/healthz")
	require.Equal(t, http.StatusOK, status)
	b.answers <- struct{}{}
	require.NoError(t, <-p.ended, p.stderr.String())
}

func TestATakenMetricsAddressIsNamed(t *testing.T) {
	t.Parallel()
	b := setup(t)
	require.NoError(t, os.WriteFile(b.config, []byte("metrics: {listen: '"+strings.TrimPrefix(b.url, "http://")+"'}\n"), 0o600))
	p := b.start(t)
	require.Error(t, <-p.ended)
	require.Contains(t, p.stderr.String(), "metrics.listen: listen tcp 127.0.0.1:")
}
