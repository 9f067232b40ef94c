package main

import (
	"bufio"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/distributed-task-queue/taskqueue/internal/attribute"
)

// runMain in the environment makes the test binary behave as the program itself.
const runMain = "STANDALONE_TEST_RUN_MAIN"

func TestMain(m *testing.M) {
	if os.Getenv(runMain) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// process is a running standalone.
type process struct {
	*exec.Cmd
	ready   string        // the ready line
	address string        // Temporal's address, from the ready line
	exited  chan struct{} // closed when it has ended, with err
	err     error
}

// startProcess runs the program until the end of the test and waits for its ready line.
func startProcess(t *testing.T, args ...string) *process {
	t.Helper()
	p := &process{Cmd: command(args...), exited: make(chan struct{})}
	stderr := new(strings.Builder)
	p.Stderr = stderr
	stdout, err := p.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, p.Start())
	p.ready, err = bufio.NewReader(stdout).ReadString('\n')
	go func() {
		defer close(p.exited)
		p.err = p.Wait()
	}()
	t.Cleanup(func() {
		// Not killed, so that ephemeral data is deleted. It may have ended already.
		_ = p.Process.Signal(syscall.SIGTERM)
		<-p.exited
	})
	if err != nil {
		<-p.exited
		require.Fail(t, "no ready line", stderr.String())
	}
	p.address = regexp.MustCompile(`temporal=(\S+)`).FindStringSubmatch(p.ready)[1]
	return p
}

func command(args ...string) *exec.Cmd {
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = append(os.Environ(), runMain+"=1")
	return cmd
}

// end sends the signal and returns how the process ended.
func (p *process) end(t *testing.T, signal syscall.Signal) error {
	t.Helper()
	require.NoError(t, p.Process.Signal(signal))
	select {
	case <-p.exited:
		return p.err
	case <-time.After(time.Minute):
		require.Fail(t, "still running after "+signal.String())
		return nil
	}
}

func (p *process) dial(t *testing.T) client.Client {
	t.Helper()
	c, err := client.Dial(client.Options{HostPort: p.address})
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c
}

func TestReadyLineAndCleanStop(t *testing.T) {
	t.Parallel()
	for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
		p := startProcess(t, "--services=temporal,ui", "--ephemeral", "--temporal-port=0", "--ui-port=0")
		require.Regexp(t, `^ready temporal=127\.0\.0\.1:\d+ ui=http://127\.0\.0\.1:\d+\n$`, p.ready)
		require.NoError(t, p.end(t, signal))
	}
}

// A workflow that was running when the process was killed goes on after a restart.
func TestKilledProcessLosesNothing(t *testing.T) {
	t.Parallel()
	args := []string{"--services=temporal", "--temporal-port=0", "--data-dir=" + filepath.Join(t.TempDir(), "data")}

	killed := startProcess(t, args...)
	run, err := killed.dial(t).ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{
		ID:                    "survivor",
		TaskQueue:             "test",
		TypedSearchAttributes: temporal.NewSearchAttributes(attribute.Name.ValueSet("survive")),
	}, awaitGo)
	require.NoError(t, err)
	require.NoError(t, killed.dial(t).SignalWorkflow(t.Context(), "survivor", "", "go", "signalled before"))
	require.Error(t, killed.end(t, syscall.SIGKILL))

	c := startProcess(t, args...).dial(t)
	described, err := c.DescribeWorkflowExecution(t.Context(), "survivor", run.GetRunID())
	require.NoError(t, err)
	require.Equal(t, enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, described.GetWorkflowExecutionInfo().GetStatus())

	w := worker.New(c, "test", worker.Options{})
	w.RegisterWorkflow(awaitGo)
	require.NoError(t, w.Start())
	t.Cleanup(w.Stop)
	var result string
	require.NoError(t, c.GetWorkflow(t.Context(), "survivor", "").Get(t.Context(), &result))
	require.Equal(t, "signalled before", result)
	require.Eventually(t, func() bool {
		found, err := c.ListWorkflow(context.Background(), &workflowservice.ListWorkflowExecutionsRequest{
			Query: `TaskName = "survive" AND ExecutionStatus = "Completed"`,
		})
		return err == nil && len(found.GetExecutions()) == 1
	}, 2*time.Minute, 50*time.Millisecond)
}

// awaitGo returns the first value of the signal "go".
func awaitGo(ctx workflow.Context) (value string, err error) {
	workflow.GetSignalChannel(ctx, "go").Receive(ctx, &value)
	return value, nil
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	p := startProcess(t, "--services=temporal", "--ephemeral", "--temporal-port=0")
	_, port, _ := strings.Cut(p.address, ":")
	for want, args := range map[string][]string{
		"Temporal port " + port + " is in use":                {"--services=temporal", "--ephemeral", "--temporal-port=" + port},
		"unknown service \"web\" in --services":               {"--services=temporal,web"},
		"--services must contain temporal":                    {"--services=ui"},
		"--data-dir is empty":                                 {"--data-dir="},
		"retention 1m0s is too short: the least is 1h0m0s":    {"--retention=1m", "--ephemeral"},
		"--elasticsearch-index needs --elasticsearch":         {"--elasticsearch-index=tasks"},
		"invalid Elasticsearch URL \"localhost:9200\"":        {"--elasticsearch=localhost:9200", "--ephemeral", "--temporal-port=0", "--ui-port=0"},
		"unknown flag: --colour":                              {"--colour"},
		"invalid argument \"loud\" for \"--log-level\" flag:": {"--log-level=loud"},
	} {
		output, err := command(args...).CombinedOutput()
		require.Error(t, err, args)
		require.Contains(t, string(output), want)
	}
}
