package worker_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/worker"
)

// thorough names the environment variable with which the tests of shares take as many starts as the promise is about, and
// hold timed promises to their word. That takes minutes of a machine that does nothing else.
const thorough = "TEST_THOROUGH"

// TestSharesOfABacklog runs workers on queues that all have tasks, and counts whose tasks were started first.
func TestSharesOfABacklog(t *testing.T) {
	two, three := []int{1, 2}, []int{90, 30, 10}
	for _, c := range []struct {
		weights     []int
		concurrency int
		run         time.Duration
		starts      int
		empty       bool // whether a queue without tasks is served as well
	}{
		{weights: two, concurrency: 1, run: time.Millisecond, starts: 150},
		{weights: two, concurrency: 8, run: time.Millisecond, starts: 150, empty: true},
		{weights: two, concurrency: 1, run: 100 * time.Millisecond, starts: 90},
		{weights: two, concurrency: 8, run: 100 * time.Millisecond, starts: 150},
		{weights: three, concurrency: 1, run: time.Millisecond, starts: 130},
		{weights: three, concurrency: 8, run: time.Millisecond, starts: 130},
		{weights: three, concurrency: 1, run: 100 * time.Millisecond, starts: 130, empty: true},
		{weights: three, concurrency: 8, run: 100 * time.Millisecond, starts: 130, empty: true},
	} {
		points := 10.0 // of few starts, those of the first moments are a large part, when no task has got to the gate yet
		if os.Getenv(thorough) != "" {
			c.starts, points = 600, 3
		}
		t.Run(fmt.Sprintf("%v at %d permits for %s", c.weights, c.concurrency, c.run), func(t *testing.T) {
			b := setup(t)
			s := newStarts(c.starts)
			b.register("note", s.action(c.run))
			var queues []worker.Queue
			sum := 0
			for i, weight := range c.weights {
				queues = append(queues, worker.Queue{Name: b.queue(strconv.Itoa(i)), Weight: weight})
				sum += weight
			}
			for _, q := range queues {
				// Enough that no queue runs empty before the count is done.
				for range c.starts*q.Weight/sum + c.starts/6 {
					b.enqueue(q.Name, "note", strconv.Quote(q.Name))
				}
			}
			if c.empty {
				queues = append(queues, worker.Queue{Name: b.queue("empty"), Weight: 50})
			}
			_, stop, wait := b.start(worker.Config{Queues: queues, Concurrency: c.concurrency})
			begin := time.Now()
			s.await(t)
			took := time.Since(begin)
			stop()
			require.NoError(t, wait())
			for i, weight := range c.weights {
				share, want := 100*float64(s.count(queues[i].Name))/float64(c.starts), 100*float64(weight)/float64(sum)
				t.Logf("weight %d: %.1f %% of %d starts in %s", weight, share, c.starts, took.Round(time.Millisecond))
				require.InDelta(t, want, share, points, "share of weight %d in %%", weight)
			}
			require.LessOrEqual(t, s.most.Load(), int64(c.concurrency))
		})
	}
}

// starts counts the first starts by queue.
type starts struct {
	mu      sync.Mutex
	order   []string
	wanted  int
	done    chan struct{}
	running atomic.Int64
	most    atomic.Int64 // that ran at a time
}

func newStarts(wanted int) *starts { return &starts{wanted: wanted, done: make(chan struct{})} }

// action returns an action that runs for so long. Its parameter is the queue's name.
func (s *starts) action(run time.Duration) func(context.Context, json.RawMessage) (task.Report, error) {
	return func(_ context.Context, p json.RawMessage) (task.Report, error) {
		running := s.running.Add(1)
		defer s.running.Add(-1)
		var queue string
		if err := json.Unmarshal(p, &queue); err != nil {
			return task.Report{}, err
		}
		s.mu.Lock()
		s.most.Store(max(s.most.Load(), running))
		if s.order = append(s.order, queue); len(s.order) == s.wanted {
			close(s.done)
		}
		s.mu.Unlock()
		time.Sleep(run)
		return task.Success("done"), nil
	}
}

func (s *starts) await(t *testing.T) {
	t.Helper()
	select {
	case <-s.done:
	case <-time.After(10 * time.Minute):
		t.Fatal("the tasks were not started")
	}
}

func (s *starts) count(queue string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, q := range s.order[:s.wanted] {
		if q == queue {
			n++
		}
	}
	return n
}
