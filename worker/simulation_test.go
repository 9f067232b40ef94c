package worker

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// simulated is a queue of a simulation.
type simulated struct {
	Queue
	backlog int                  // how many tasks have been waiting for a second at the beginning
	answer  func() time.Duration // how long the server takes to answer a poll when there are tasks
	run     time.Duration        // how long a task runs
	late    time.Duration        // when the backlog comes
	arrive  time.Duration        // when not 0, a task more comes each time this has passed
}

// simulation runs a gate in simulated time, with pollers that behave as the SDK's do.
type simulation struct {
	t       *testing.T
	gate    *gate
	permits int
	enough  func(s *simulation) bool
	stop    context.CancelFunc

	mu      sync.Mutex
	starts  []string // the queues of the tasks in the order of their starts
	running int
	back    int // tasks that were handed back
	took    time.Duration
}

// simulate runs until enough says so.
func simulate(t *testing.T, strategy Strategy, permits int, enough func(*simulation) bool, queues ...simulated) *simulation {
	t.Helper()
	s := &simulation{
		t: t, gate: newGate(strategy, permits, 0), permits: permits, enough: enough,
	}
	synctest.Test(t, func(t *testing.T) {
		var all sync.WaitGroup
		defer all.Wait()
		ctx, cancel := context.WithCancel(t.Context())
		s.stop = cancel
		begin := time.Now()
		for _, q := range queues {
			s.gate.addLine(q.Queue)
		}
		for i, q := range queues {
			l := s.gate.lines[i]
			tasks := make(chan time.Time, 100_000)
			time.AfterFunc(q.late, func() {
				for range q.backlog {
					tasks <- time.Now().Add(-time.Second)
				}
			})
			for range min(permits, maxPollers) {
				all.Go(func() { s.poll(ctx, l, q, tasks) })
			}
			if q.arrive > 0 {
				all.Go(func() { every(ctx, q.arrive, func() { tasks <- time.Now() }) })
			}
		}
		<-ctx.Done()
		s.gate.stop()
		s.took = time.Since(begin)
	})
	return s
}

func every(ctx context.Context, interval time.Duration, do func()) {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			do()
		case <-ctx.Done():
			return
		}
	}
}

func (s *simulation) poll(ctx context.Context, l *line, q simulated, tasks chan time.Time) {
	var running sync.WaitGroup
	defer running.Wait()
	for {
		p, err := s.gate.openPoll(ctx, l)
		if err != nil {
			return
		}
		time.Sleep(q.answer())
		select {
		case came := <-tasks:
			waited := time.Since(came)
			s.gate.received(p)
			running.Go(func() { s.run(ctx, l, q, p, waited, tasks) })
		case <-time.After(time.Minute):
			s.gate.release(p)
		case <-ctx.Done():
			s.gate.release(p)
			return
		}
	}
}

func (s *simulation) run(ctx context.Context, l *line, q simulated, p *poll, waited time.Duration, tasks chan time.Time) {
	defer s.gate.release(p)
	if err := s.gate.begin(ctx, l, waited); err != nil {
		tasks <- time.Now()
		s.mu.Lock()
		s.back++
		s.mu.Unlock()
		return
	}
	defer s.gate.end(l)
	s.started(l)
	time.Sleep(q.run)
	s.mu.Lock()
	s.running--
	s.mu.Unlock()
}

func (s *simulation) started(l *line) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running++
	if s.running > s.permits {
		s.t.Errorf("%d tasks run; there are %d permits", s.running, s.permits)
	}
	s.starts = append(s.starts, l.name)
	if s.enough(s) {
		s.stop()
	}
}

// count returns how many of the first n starts were of the queue.
func (s *simulation) count(queue string, n int) int {
	count := 0
	for _, started := range s.starts[:n] {
		if started == queue {
			count++
		}
	}
	return count
}

// starts returns when a simulation has seen that many.
func starts(n int) func(*simulation) bool {
	return func(s *simulation) bool { return len(s.starts) >= n }
}

func always(d time.Duration) func() time.Duration { return func() time.Duration { return d } }

// requireShares fails unless each queue had its share of the first n starts, give or take so many points of a hundred.
func requireShares(t *testing.T, points float64, n int, count func(queue string, n int) int, queues ...Queue) {
	t.Helper()
	sum := 0
	for _, q := range queues {
		sum += q.Weight
	}
	for _, q := range queues {
		share := 100 * float64(count(q.Name, n)) / float64(n)
		require.InDelta(t, 100*float64(q.Weight)/float64(sum), share, points, "share of queue %s in %%", q.Name)
	}
}
