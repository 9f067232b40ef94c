package activities

import (
	"context"
	"sync"
	"time"
)

const (
	// collectFor is how long runs are collected that the index is asked for together. It takes about as long as Elasticsearch to have a run.
	collectFor = time.Second
	askTimeout = 5 * time.Second
)

// indexWatch tells which runs the index has. It asks for all runs together that it is asked about within a second, as a server takes few
// questions of its index.
type indexWatch struct {
	mu   sync.Mutex
	next *question // collects runs; nil if nobody waits
}

// question is what is asked once. Its answer is there when done is closed.
type question struct {
	runs  []string
	done  chan struct{}
	found map[string]bool
	err   error
}

// find returns which of the runs the index has, among others; ask asks it for several.
func (w *indexWatch) find(
	ctx context.Context, runs []string, ask func(ctx context.Context, runs []string) (map[string]bool, error),
) (map[string]bool, error) {
	w.mu.Lock()
	q := w.next
	if q == nil {
		q = &question{done: make(chan struct{})}
		w.next = q
		time.AfterFunc(collectFor, func() { w.answer(q, ask) })
	}
	q.runs = append(q.runs, runs...)
	w.mu.Unlock()
	select {
	case <-q.done:
		return q.found, q.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (w *indexWatch) answer(q *question, ask func(ctx context.Context, runs []string) (map[string]bool, error)) {
	w.mu.Lock()
	w.next = nil
	w.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), askTimeout)
	defer cancel()
	q.found, q.err = ask(ctx, q.runs)
	close(q.done)
}
