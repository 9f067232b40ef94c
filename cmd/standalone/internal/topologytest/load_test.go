//go:build linux

package topologytest

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
)

const (
	// clients is how many enqueue at a time.
	clients = 4
	// mostWaiting is how many tasks may wait before the clients do.
	mostWaiting = 40
	// longestWait is for how long they do.
	longestWait = time.Minute
	// enqueueTimeout is how long a client tries to get a task accepted.
	enqueueTimeout = 5 * time.Minute
)

// wanted is a task that a client enqueues.
type wanted struct {
	id     string
	queue  string  // empty for the default one
	takes  string  // seconds
	status int     // that its program ends with
	delay  float64 // seconds
}

// mixed is the i-th task of a load: most are quick, and some fail, are delayed, or take long.
func mixed(i int) wanted {
	w := wanted{id: newID(), queue: []string{"bulk", "mail", "urgent", ""}[i%4], takes: "0"}
	switch i % 20 {
	case 3:
		w.status = 3
	case 7:
		w.delay = 2
	case 11, 17:
		w.takes = "0.5"
	case 13:
		w.takes = "3"
	}
	return w
}

func newID() string { return uuid.Must(uuid.NewV7()).String() }

// load is tasks that clients enqueue one after the other through the APIs, until it is stopped.
type load struct {
	tp    *topology
	owner string // of all its tasks, and of no others

	stop    context.CancelFunc
	running sync.WaitGroup
	next    atomic.Int64

	mu       sync.Mutex
	accepted []wanted
}

// startLoad begins to enqueue tasks, at most so many.
func startLoad(t *testing.T, tp *topology, most int) *load {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	l := &load{tp: tp, owner: uuid.NewString(), stop: stop}
	before := lines(t, tp.journal)
	for range clients {
		l.running.Go(func() {
			for ctx.Err() == nil {
				i := int(l.next.Add(1)) - 1
				if i >= most {
					return
				}
				// Tasks that were lost before they began never start, so that this may come to nothing.
				for deadline := time.Now().Add(longestWait); l.size()-(lines(t, tp.journal)-before) > mostWaiting; {
					if ctx.Err() != nil || time.Now().After(deadline) {
						break
					}
					time.Sleep(20 * time.Millisecond)
				}
				if err := l.enqueue(t.Context(), i, mixed(i)); err != nil {
					t.Errorf("enqueue: %v", err)
					return
				}
			}
		})
	}
	t.Cleanup(l.end)
	return l
}

// end stops the clients when each has got its last task accepted.
func (l *load) end() {
	l.stop()
	l.running.Wait()
}

// enqueue does what a program should do that gets no answer: it asks again with the same id, and another API. That the id is taken then means
// that an earlier request came through.
func (l *load) enqueue(ctx context.Context, i int, w wanted) error {
	ctx, cancel := context.WithTimeout(ctx, enqueueTimeout)
	defer cancel()
	body := map[string]any{
		"action": "command", "id": w.id, "owner": l.owner, "label": fmt.Sprintf("task %d", i), "delay": w.delay, "queue": w.queue,
		"parameters": map[string]any{"program": "note", "args": []string{w.id, w.takes, strconv.Itoa(w.status)}},
	}
	for attempt := 0; ; attempt++ {
		status, answer, err := post(ctx, l.tp.apis[(i+attempt)%len(l.tp.apis)].url+"/api/v1/tasks", body)
		switch {
		case err == nil && (status == http.StatusCreated || attempt > 0 && status == http.StatusConflict):
			l.mu.Lock()
			defer l.mu.Unlock()
			l.accepted = append(l.accepted, w)
			return nil
		case err == nil && status < http.StatusInternalServerError && status != http.StatusTooManyRequests:
			return fmt.Errorf("task %s is refused: %d: %s", w.id, status, answer)
		case ctx.Err() != nil:
			return fmt.Errorf("task %s is not accepted within %s: %d: %s: %w", w.id, enqueueTimeout, status, answer, err)
		}
		time.Sleep(200 * time.Millisecond)
	}
}

// size is how many tasks have been accepted.
func (l *load) size() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.accepted)
}

// awaitStarts returns when so many more tasks have been started.
func (l *load) awaitStarts(t *testing.T, more int) {
	t.Helper()
	from := lines(t, l.tp.journal)
	await(t, startTimeout, "tasks run", func(context.Context) error {
		if now := lines(t, l.tp.journal); now < from+more {
			return fmt.Errorf("%d tasks were started", now-from)
		}
		return nil
	})
}

// lines is how many ids the journal has.
func lines(t *testing.T, journal string) int {
	t.Helper()
	info, err := os.Stat(journal)
	require.NoError(t, err)
	return int(info.Size()) / (len(uuid.UUID{}.String()) + 1)
}

// runs is how often each task of the journal was started.
func runs(t *testing.T, journal string) map[string]int {
	t.Helper()
	content, err := os.ReadFile(journal)
	require.NoError(t, err)
	starts := make(map[string]int)
	for id := range strings.Lines(string(content)) {
		starts[strings.TrimSpace(id)]++
	}
	return starts
}
