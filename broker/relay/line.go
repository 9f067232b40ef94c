package relay

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/distributed-task-queue/taskqueue/broker"
)

// line is one queue's way to the target. Several receivers may be at work on it.
type line struct {
	Source

	config Config
	traits broker.Traits
	places chan struct{} // as many as tasks may be handed over at a time
	counts counters
	logger *slog.Logger

	failing atomic.Bool

	mu       sync.Mutex
	backlog  broker.Backlog
	measured bool
}

func newLine(c Config, s Source) *line {
	return &line{
		Source: s, config: c, traits: s.Store.Traits(), places: make(chan struct{}, c.Concurrency),
		logger: c.Logger.With("queue", s.Queue, "broker", s.Store.Name()),
	}
}

// run moves tasks until ctx ends.
func (l *line) run(ctx context.Context) {
	for backoff := firstBackoff; ctx.Err() == nil; {
		received, err := l.pass(ctx)
		if ctx.Err() != nil {
			return
		}
		l.note(ctx, err)
		switch {
		case err != nil:
			// Messages that are received in vain would only be kept from others.
			pause(ctx, backoff)
			backoff = min(2*backoff, maxBackoff)
			l.config.awaitReady(ctx, backoff, func(error) {})
		case received == 0:
			backoff = firstBackoff
			pause(ctx, l.config.PollInterval)
		default:
			backoff = firstBackoff
		}
	}
}

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// pass moves one batch. It returns how many messages were received, and an error if one of them is still to be moved.
func (l *line) pass(ctx context.Context) (int, error) {
	batch, err := l.Store.Receive(ctx, l.Queue)
	if err != nil {
		return 0, fmt.Errorf("receive from queue %q: %w", l.Queue, err)
	}
	messages := batch.Messages()
	if len(messages) == 0 {
		return 0, nil
	}
	verdicts, failed := l.handOverAll(ctx, messages)
	settling, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTimeout)
	defer cancel()
	if err := batch.Settle(settling, verdicts); err != nil {
		failed = errors.Join(failed, fmt.Errorf("settle a batch of queue %q: %w", l.Queue, err))
	}
	return len(messages), failed
}

// drain moves all batches until nothing waits.
func (l *line) drain(ctx context.Context) error {
	for {
		received, err := l.pass(ctx)
		if err != nil {
			return err
		}
		if received > 0 {
			continue
		}
		// Messages of a relay that was lost, or of another one, are hidden for a while.
		backlog, err := l.Store.Backlog(ctx, l.Queue)
		if err != nil || backlog.Waiting == 0 {
			return err
		}
		if pause(ctx, l.config.PollInterval); ctx.Err() != nil {
			return ctx.Err()
		}
	}
}

// note logs when errors begin and end.
func (l *line) note(ctx context.Context, err error) {
	if err == nil {
		if l.failing.Swap(false) {
			l.logger.InfoContext(ctx, "The relay moves tasks again")
		}
		return
	}
	l.counts.failures.Add(1)
	if !l.failing.Swap(true) {
		l.logger.WarnContext(ctx, "The relay cannot move tasks; it tries again, which is logged only when it works", "error", err)
	}
}

// measure looks at the backlog from time to time.
func (l *line) measure(ctx context.Context) {
	for ; ctx.Err() == nil; pause(ctx, measureInterval) {
		asking, cancel := context.WithTimeout(ctx, measureInterval)
		backlog, err := l.Store.Backlog(asking, l.Queue)
		cancel()
		l.mu.Lock()
		if backlog.Waiting > 0 && backlog.Oldest.IsZero() { // the store does not know; it is longer than since they were first seen
			backlog.Oldest = cmp.Or(l.backlog.Oldest, time.Now())
		}
		// What cannot be measured is left out of the metrics. That the store does not answer is logged where tasks are received.
		l.backlog, l.measured = backlog, err == nil
		l.mu.Unlock()
	}
}
