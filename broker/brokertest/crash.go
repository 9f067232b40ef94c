package brokertest

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	"golang.org/x/sync/errgroup"

	taskqueue "github.com/distributed-task-queue/taskqueue"
	"github.com/distributed-task-queue/taskqueue/broker"
	"github.com/distributed-task-queue/taskqueue/internal/syncbuffer"
	"github.com/distributed-task-queue/taskqueue/internal/temporaltest"
	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/tasklog"
)

// The environment of a process that is a relay.
const (
	variableStore   = "BROKERTEST_STORE"
	variableQueue   = "BROKERTEST_QUEUE"
	variableAddress = "BROKERTEST_TEMPORAL"
)

// RelayProcess makes the test's binary a relay if KillRelays has started it. Call it first in TestMain. The function opens the broker
// that KillRelays was told of.
func RelayProcess(open func(store string) (broker.Stored, error)) {
	store := os.Getenv(variableStore)
	if store == "" {
		return
	}
	if err := runRelay(store, open); err != nil {
		fmt.Fprintln(os.Stderr, "relay:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

func runRelay(store string, open func(string) (broker.Stored, error)) error {
	logger := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	connection, err := client.Dial(client.Options{
		HostPort: os.Getenv(variableAddress), Namespace: temporaltest.Namespace, Logger: log.NewStructuredLogger(logger),
		ConnectionOptions: client.ConnectionOptions{GetSystemInfoTimeout: time.Minute}, // the machine may have much to do
	})
	if err != nil {
		return err
	}
	b, err := open(store)
	if err != nil {
		return err
	}
	c, err := taskqueue.New(taskqueue.Config{
		Temporal: connection, Logger: logger, Queues: []taskqueue.Queue{{Name: os.Getenv(variableQueue), Broker: b}},
	})
	if err != nil {
		return err
	}
	r, err := c.NewRelay(taskqueue.RelayConfig{PollInterval: 20 * time.Millisecond})
	if err != nil {
		return err
	}
	return r.Run(context.Background())
}

// relays is how many relay processes run at a time.
const relays = 2

// KillRelays kills relay processes again and again while they work, and checks that every task is in the log exactly once. The text tells
// RelayProcess's function how to open the broker. TEST_THOROUGH=1 makes it 5,000 tasks and 50 kills.
func KillRelays(t *testing.T, b broker.Stored, store string) {
	t.Helper()
	tasks, kills := 500, 6
	if os.Getenv("TEST_THOROUGH") != "" {
		tasks, kills = 5000, 50
	}
	queue := "crash-" + string(task.NewID())[24:]
	c, err := taskqueue.New(taskqueue.Config{
		Temporal: temporaltest.Dial(t), Logger: temporaltest.Logger(t), Queues: []taskqueue.Queue{{Name: queue, Broker: b}},
	})
	require.NoError(t, err)
	require.NoError(t, c.Initialize(t.Context()))
	chance := rand.New(rand.NewPCG(5, 5))
	var fleet [relays]*process
	for i := range fleet {
		fleet[i] = startRelay(t, store, queue)
	}

	began := time.Now()
	var ids []task.ID
	for kill := range kills {
		// Each time some are enqueued, so that there is always something to interrupt.
		ids = append(ids, enqueueMany(t, c, (tasks+kills-1-kill)/kills)...)
		time.Sleep(time.Duration(chance.Int64N(int64(700 * time.Millisecond)))) // a moment that nothing foresees
		victim := chance.IntN(relays)
		fleet[victim].kill(t)
		fleet[victim] = startRelay(t, store, queue)
	}
	require.Len(t, ids, tasks)
	require.Eventually(t, func() bool {
		backlog, err := b.Backlog(t.Context(), queue)
		return err == nil && backlog.Waiting == 0
	}, 5*Patience, 200*time.Millisecond, "a message is stuck")

	var listed []tasklog.Entity
	require.Eventually(t, func() bool {
		listed, err = c.TaskLog().Search(t.Context(), tasklog.NewFilter().Eq(tasklog.Queue, queue))
		return err == nil && len(listed) >= tasks
	}, Patience, 500*time.Millisecond, "a task is lost")
	seen := make([]task.ID, len(listed))
	for i, entity := range listed {
		seen[i] = entity.ID
	}
	require.ElementsMatch(t, ids, seen, "the log lists each task once")
	backlog, err := b.Backlog(t.Context(), queue)
	require.NoError(t, err)
	require.Zero(t, backlog.Rejected)
	t.Logf("%d tasks, %d kills: each task is in the log once; %.1f s", tasks, kills, time.Since(began).Seconds())
}

func enqueueMany(t *testing.T, c *taskqueue.Client, count int) []task.ID {
	t.Helper()
	ids := make([]task.ID, count)
	var running errgroup.Group
	running.SetLimit(8)
	for i := range ids {
		running.Go(func() error {
			created, err := c.CreateTask(t.Context(), "note", nil, "", nil)
			if err == nil {
				ids[i] = created.ID
			}
			return err
		})
	}
	require.NoError(t, running.Wait())
	return ids
}

// process is a relay in a process of its own.
type process struct {
	command *exec.Cmd
	stderr  syncbuffer.Buffer
}

func startRelay(t *testing.T, store, queue string) *process {
	t.Helper()
	p := &process{command: exec.Command(os.Args[0])}
	p.command.Env = append(os.Environ(), variableStore+"="+store, variableQueue+"="+queue, variableAddress+"="+temporaltest.Server().Address)
	p.command.Stderr = &p.stderr
	require.NoError(t, p.command.Start())
	t.Cleanup(func() {
		_ = p.command.Process.Kill() // it may have been killed already
		_ = p.command.Wait()
		if t.Failed() {
			t.Logf("relay %d: %s", p.command.Process.Pid, p.stderr.String())
		}
	})
	return p
}

// kill gives the relay no chance to say anything.
func (p *process) kill(t *testing.T) {
	t.Helper()
	require.NoError(t, p.command.Process.Signal(syscall.SIGKILL))
	require.ErrorContains(t, p.command.Wait(), "killed", "the relay has ended by itself: %s", p.stderr.String())
	require.NotContains(t, p.stderr.String(), "DATA RACE")
}
