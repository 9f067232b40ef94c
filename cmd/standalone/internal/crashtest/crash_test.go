package crashtest

import (
	"math/rand/v2"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/distributed-task-queue/taskqueue/cmd/standalone/internal/processtest"
	"github.com/distributed-task-queue/taskqueue/task"
)

const (
	workers = 3
	// margin is what may come on top of the heartbeat timeout until a lost worker's task has ended: the server finds out within
	// 15 s that the worker which ran the workflow's code is lost too, and the machine may be slow.
	margin = 45 * time.Second
)

func TestKilledWorkersLoseNoTaskAndRunNoneTwice(t *testing.T) {
	t.Parallel()
	const tasks, leastKills, mostKills = 2000, 3, 15
	chance := rand.New(rand.NewPCG(1, 1))
	s := startServer(t)
	c := s.connect(t)
	f := startFleet(t, s, workers)
	begin := time.Now()
	ids, enqueued := enqueue(t, c, chance, tasks)

	kills := 0
	for kills < mostKills && f.started(t) < tasks {
		time.Sleep(time.Second + time.Duration(chance.Int64N(int64(2*time.Second)))) // a moment that nothing foresees
		victim := chance.IntN(workers)
		f.kill(t, victim)
		f.start(t, victim)
		kills++
		t.Logf("%5.1f s: kill %d, of worker %d; %d tasks started", time.Since(begin).Seconds(), kills, victim, f.started(t))
	}
	require.GreaterOrEqual(t, kills, leastKills)
	lastWorker := time.Now()
	<-enqueued

	require.Eventually(t, func() bool { return ended(t, c) == tasks }, 4*processtest.Patience, 200*time.Millisecond, "a task is stuck")
	last := f.lastStart(t)
	if last.Before(lastWorker) {
		last = lastWorker
	}
	tail := time.Since(last)
	r := verify(t, c, f, ids)
	t.Logf("%d tasks, %d kills: %d completed, %d failed with their worker lost (%d before they began); %.1f s in all, %.1f s after the last start",
		tasks, kills, r.completed, r.lost, r.unstarted, time.Since(begin).Seconds(), tail.Seconds())
	require.Less(t, tail, task.DefaultHeartbeatTimeout+margin)
	// A kill costs what the worker ran and what its open polls had brought or were about to: each queue has as many as there are permits.
	require.LessOrEqual(t, r.lost, kills*concurrency*(1+len(queues)))
	f.stop(t)
}

func TestRestartedServerLosesNoTaskAndRunsNoneTwice(t *testing.T) {
	t.Parallel()
	for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL} {
		t.Run(signal.String(), func(t *testing.T) {
			t.Parallel()
			const tasks = 300
			s := startServer(t)
			c := s.connect(t)
			f := startFleet(t, s, workers)
			begin := time.Now()
			ids, enqueued := enqueue(t, c, rand.New(rand.NewPCG(2, uint64(signal))), tasks)
			require.Eventually(t, func() bool { return f.started(t) >= tasks/3 }, processtest.Patience, time.Millisecond)

			err := s.End(t, signal)
			if signal == syscall.SIGTERM {
				require.NoError(t, err, "%s", &s.Err)
			}
			down := time.Now()
			atStop := f.started(t)
			s.start(t)
			t.Logf("%.1f s: the server was down for %.1f s; %d tasks were started before, %d when it was back", time.Since(begin).Seconds(),
				time.Since(down).Seconds(), atStop, f.started(t))
			<-enqueued

			require.Eventually(t, func() bool { return ended(t, c) == tasks }, 3*processtest.Patience, 100*time.Millisecond, "a task is stuck")
			r := verify(t, c, f, ids)
			t.Logf("%d tasks: %d completed, %d failed with their worker lost (%d before they began); %.1f s in all", tasks, r.completed,
				r.lost, r.unstarted, time.Since(begin).Seconds())
			// Every task that a worker has started comes to its end: the worker lives, and reports when the server is back. What is lost
			// are tasks that the server has noted as started but no worker has seen. Nobody can tell these from tasks that
			// run, so at most once means that they fail.
			require.Equal(t, r.unstarted, r.lost)
			require.LessOrEqual(t, r.unstarted, workers*concurrency*len(queues), "more than there are polls")
			require.Zero(t, count(t, c, task.Enqueued, task.Running))
			f.stop(t) // the workers are the same processes as before
		})
	}
}
