//go:build linux

package topologytest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// fault is something that goes wrong, and is mended after a while.
type fault struct {
	name     string
	lasts    time.Duration // until it is mended
	briefly  time.Duration // the same, unless the tests are thorough
	possible func(*topology) bool
	strike   func(*testing.T, *topology)
	mend     func(*testing.T, *topology)
}

var faults = []fault{
	{
		name:   "PostgreSQL is restarted, mode immediate",
		strike: func(t *testing.T, tp *topology) { tp.postgres.Restart(t, "immediate") },
	}, {
		name: "Elasticsearch is killed", lasts: 30 * time.Second, briefly: 2 * time.Second,
		possible: func(tp *topology) bool { return tp.elasticsearch.Owned() },
		strike:   func(t *testing.T, tp *topology) { require.NoError(t, tp.elasticsearch.Kill()) },
		mend:     func(t *testing.T, tp *topology) { require.NoError(t, tp.elasticsearch.Restart(t.Context())) },
	}, {
		name: "Temporal is killed", lasts: 20 * time.Second, briefly: 2 * time.Second,
		strike: func(t *testing.T, tp *topology) { tp.temporal.kill(t) },
		mend:   func(t *testing.T, tp *topology) { tp.temporal.start(t) },
	}, {
		name: "a worker is killed", lasts: 10 * time.Second, briefly: time.Second,
		strike: func(t *testing.T, tp *topology) { tp.workers[0].kill(t) },
		mend:   func(t *testing.T, tp *topology) { tp.workers[0].start(t) },
	}, {
		name: "an API is killed", lasts: 10 * time.Second, briefly: time.Second,
		strike: func(t *testing.T, tp *topology) { tp.apis[0].kill(t) },
		mend:   func(t *testing.T, tp *topology) { tp.apis[0].start(t) },
	}, {
		name: "PostgreSQL's disk is full", lasts: 30 * time.Second, briefly: 5 * time.Second,
		possible: func(tp *topology) bool { return tp.disk != nil },
		strike:   func(t *testing.T, tp *topology) { tp.disk.fill(t) },
		mend: func(t *testing.T, tp *topology) {
			tp.disk.free(t)
			tp.postgres.Start(t) // it may have given up
		},
	}, {
		name: "a worker's network is cut", lasts: 60 * time.Second, briefly: 3 * time.Second,
		possible: func(tp *topology) bool { return tp.network != nil },
		strike:   func(t *testing.T, tp *topology) { tp.network.cut(t) },
		mend:     func(t *testing.T, tp *topology) { tp.network.mend(t) },
	}, {
		name: "a worker's clock jumps an hour ahead, and back", lasts: 10 * time.Second, briefly: 2 * time.Second,
		possible: canJump,
		strike:   func(t *testing.T, tp *topology) { jump(t, tp.workers[1].Process.Process.Pid, time.Hour) },
		mend:     func(t *testing.T, tp *topology) { jump(t, tp.workers[1].Process.Process.Pid, 0) },
	},
}

// rareFaults are those of the thorough tests alone, as they make tasks wait for a minute.
var rareFaults = []fault{
	{
		name: "Temporal's clock jumps a minute ahead, and back", lasts: 10 * time.Second, possible: canJump,
		strike: func(t *testing.T, tp *topology) { jump(t, tp.temporal.Process.Process.Pid, time.Minute) },
		mend:   func(t *testing.T, tp *topology) { jump(t, tp.temporal.Process.Process.Pid, 0) },
	},
}

func canJump(*topology) bool {
	return runtime.GOARCH == "amd64" && os.Geteuid() == 0
}

func thorough() bool { return os.Getenv("TEST_THOROUGH") != "" }

// run breaks something and mends it. It returns how long it took from then until a task that was enqueued then had been completed.
func (f fault) run(t *testing.T, l *load) time.Duration {
	t.Helper()
	lasts := f.briefly
	if thorough() {
		lasts = f.lasts
	}
	f.strike(t, l.tp)
	time.Sleep(lasts)
	if f.mend != nil {
		f.mend(t, l.tp)
	}
	began := time.Now()
	w := wanted{id: newID(), queue: "urgent", takes: "0"}
	require.NoError(t, l.enqueue(t.Context(), 1, w))
	await(t, endTimeout, "a task that was enqueued after the fault is completed", func(ctx context.Context) error {
		e, err := read(ctx, l.tp.apis[1], w.id)
		if err == nil && e.RawStatus != "completed" {
			err = fmt.Errorf("task %s is %s: %s", w.id, e.RawStatus, e.message())
		}
		return err
	})
	return time.Since(began)
}

// possibleFaults leaves out those that cannot be had here.
func possibleFaults(t *testing.T, tp *topology, all []fault) []fault {
	t.Helper()
	return slices.DeleteFunc(slices.Clone(all), func(f fault) bool {
		if f.possible == nil || f.possible(tp) {
			return false
		}
		unavailable(t, f.name, errors.New("that needs root, and the clocks an x86-64 processor"))
		return true
	})
}

// testFaults has one fault after the other under one load.
func testFaults(t *testing.T, tp *topology) {
	l := startLoad(t, tp, math.MaxInt)
	for _, f := range possibleFaults(t, tp, faults) {
		l.awaitStarts(t, 20)
		began, before := time.Now(), l.size()
		back := f.run(t, l)
		t.Logf("%s: a task was completed %.1f s after it was mended; %.1f s in all, in which %d tasks were accepted", f.name, back.Seconds(),
			time.Since(began).Seconds(), l.size()-before)
	}
	l.awaitStarts(t, 20)
	o := l.verify(t)
	t.Log(o)
	tp.requireAlive(t)
}

// testEachFault has each fault under a load of its own, and tells a row of the table in docs/reliability.md for each.
func testEachFault(t *testing.T, tp *topology) {
	const tasks = 300
	for _, f := range possibleFaults(t, tp, slices.Concat(faults, rareFaults)) {
		t.Run(f.name, func(t *testing.T) {
			l := startLoad(t, tp, math.MaxInt)
			l.awaitStarts(t, tasks/3)
			back := f.run(t, l)
			l.awaitStarts(t, tasks/3)
			l.end()
			last := time.Now()
			o := l.verify(t)
			t.Logf("| %s | %s | %d | %d | %d | %d (%d) | kept | %.1f s | %.0f s |", f.name, f.lasts, o.accepted, o.completed, o.refused, o.lost,
				o.unstarted, back.Seconds(), time.Since(last).Seconds())
			tp.requireAlive(t)
		})
	}
}

// testManyTasks has all the faults under a load of 10,000 tasks.
func testManyTasks(t *testing.T, tp *topology) {
	const tasks = 10_000
	began := time.Now()
	l := startLoad(t, tp, tasks)
	all := possibleFaults(t, tp, faults)
	for _, f := range all {
		l.awaitStarts(t, tasks/2/len(all))
		f.run(t, l)
	}
	l.running.Wait()
	enqueued := time.Since(began)
	o := l.verify(t)
	t.Logf("%s; enqueued within %.0f s, ended within %.0f s", o, enqueued.Seconds(), time.Since(began).Seconds())
	require.Equal(t, tasks+len(all), o.accepted)
	tp.requireAlive(t)
}

// requireAlive fails if one of our programs, or Temporal, has ended by itself.
func (tp *topology) requireAlive(t *testing.T) {
	t.Helper()
	for _, s := range slices.Concat(tp.apis, tp.workers) {
		require.NoError(t, s.Process.Process.Signal(syscall.Signal(0)), "%s has ended: %s", s.Path, &s.Err)
	}
	require.NoError(t, tp.temporal.Process.Process.Signal(syscall.Signal(0)), "Temporal has ended")
}
