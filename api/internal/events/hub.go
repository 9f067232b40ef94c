// Package events tells many readers of what one poller per topic sees. Temporal tells nobody when a list changes, so somebody has to ask;
// here everybody who wants the same shares one who asks.
package events

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/distributed-task-queue/taskqueue/tasklog"
)

const (
	// interval is how often a topic is polled.
	interval = time.Second
	// share is the part of the time that polls of one topic may take: expensive ones are rarer.
	share = 5
	// maxDelay is how long a topic whose polls fail is left alone at most.
	maxDelay = 15 * time.Second
	// pollTimeout is how long one poll may take.
	pollTimeout = 10 * time.Second
	// atOnce is how many polls of all topics of a hub run at a time. With more topics than that can serve, each is polled less often.
	atOnce = 8
)

// Update is what the readers of a topic are told.
type Update[U any] interface {
	// After returns what a reader is told who has not yet been told the earlier update.
	After(earlier U) U
	// Snapshot returns what a reader is told who begins after this update.
	Snapshot() U
	// Final reports whether the topic will never change again.
	Final() bool
}

// Poll looks once at the source of a topic; ok is false when nothing has changed since the poll before. A topic's polls come one after the other.
// The first one has always something to tell, unless it fails.
type Poll[U any] func(context.Context) (update U, ok bool, err error)

// Hub has the topics. A topic is polled as long as somebody reads it.
type Hub[U Update[U]] struct {
	logger *slog.Logger
	places chan struct{}

	mu     sync.Mutex
	topics map[string]*topic[U]
}

// topic is guarded by its hub's mutex.
type topic[U Update[U]] struct {
	key     string
	readers map[*Reader[U]]struct{}
	current U
	known   bool // current is
	stop    context.CancelFunc
}

// NewHub returns a hub. The logger gets polls that fail.
func NewHub[U Update[U]](logger *slog.Logger) *Hub[U] {
	return &Hub[U]{logger: logger, places: make(chan struct{}, atOnce), topics: make(map[string]*topic[U])}
}

// Subscribe returns a reader of the topic, which the caller closes. The poll is used only if nobody reads the topic yet; whoever uses the same
// key must poll the same.
func (h *Hub[U]) Subscribe(key string, poll Poll[U]) *Reader[U] {
	h.mu.Lock()
	defer h.mu.Unlock()
	t := h.topics[key]
	if t == nil {
		// The topic outlives the request that was the first to read it.
		ctx, stop := context.WithCancel(context.Background()) //nolint:gosec // end calls it
		t = &topic[U]{key: key, readers: make(map[*Reader[U]]struct{}), stop: stop}
		h.topics[key] = t
		go h.run(ctx, t, poll)
	}
	r := &Reader[U]{wake: make(chan struct{}, 1)}
	r.leave = func() { h.leave(t, r) }
	t.readers[r] = struct{}{}
	if t.known {
		r.put(t.current.Snapshot())
	}
	return r
}

// Topics returns how many topics are polled.
func (h *Hub[U]) Topics() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.topics)
}

func (h *Hub[U]) leave(t *topic[U], r *Reader[U]) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(t.readers, r)
	if len(t.readers) == 0 {
		h.end(t)
	}
}

// end ends a topic. Its readers keep what they have been told. The mutex is held.
func (h *Hub[U]) end(t *topic[U]) {
	t.stop()
	if h.topics[t.key] == t {
		delete(h.topics, t.key)
	}
}

// run polls until the topic ends.
func (h *Hub[U]) run(ctx context.Context, t *topic[U], poll Poll[U]) {
	delay := interval
	for {
		update, ok, took, err := h.poll(ctx, poll)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			if !h.tolerate(t, err) {
				return
			}
			delay = min(2*delay, maxDelay)
			h.logger.WarnContext(ctx, "a poll for event streams failed", "error", err, "retry", delay)
		default:
			delay = max(interval, share*took)
			if ok && h.publish(t, update) {
				return
			}
		}
		select {
		case <-time.After(delay):
		case <-ctx.Done():
			return
		}
	}
}

func (h *Hub[U]) poll(ctx context.Context, poll Poll[U]) (update U, ok bool, took time.Duration, err error) {
	select {
	case h.places <- struct{}{}:
		defer func() { <-h.places }()
	case <-ctx.Done():
		return update, false, 0, ctx.Err()
	}
	ctx, cancel := context.WithTimeout(ctx, pollTimeout)
	defer cancel()
	start := time.Now()
	update, ok, err = poll(ctx)
	return update, ok, time.Since(start), err
}

// tolerate reports whether the topic goes on after an error. One that has never been polled with success does not, nor one whose task is not
// there any more: its readers get the error.
func (h *Hub[U]) tolerate(t *topic[U], err error) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	_, vanished := errors.AsType[*tasklog.NotFoundError](err)
	if t.known && !vanished {
		return true
	}
	for r := range t.readers {
		r.fail(err)
	}
	h.end(t)
	return false
}

// publish tells the readers, and reports whether that was the last update.
func (h *Hub[U]) publish(t *topic[U], update U) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	t.current, t.known = update, true
	for r := range t.readers {
		r.put(update)
	}
	if update.Final() {
		h.end(t)
	}
	return update.Final()
}
