package monitor

import (
	"context"
	"fmt"
	"time"

	"github.com/distributed-task-queue/taskqueue/internal/probe"
)

const (
	// firstPause is between the first two searches for a probe; each further pause is longer by half, up to lastPause. So a lag is
	// measured to within a third of itself, and an index that is far behind is asked once a second.
	firstPause = 10 * time.Millisecond
	lastPause  = time.Second
)

// Index is how the index of the log did when it was last measured.
type Index struct {
	// Up says that a workflow that was started was found in time.
	Up bool
	// Lag is how long after its start was acknowledged the workflow was found. When Up is false it is how long it was looked for
	// in vain, so the lag is at least that; 0 says that the workflow could not even be started.
	Lag time.Duration
	// MeasuredAt is when that was.
	MeasuredAt time.Time
}

// LateError says that the index did not find a new workflow in time.
type LateError struct {
	After time.Duration
	// Err is what the last search ended with; nil if it found nothing.
	Err error
}

func (e *LateError) Error() string {
	message := fmt.Sprintf("a new workflow is not found after %s", e.After.Round(time.Millisecond))
	if e.Err != nil {
		message += ": " + e.Err.Error()
	}
	return message
}

func (e *LateError) Unwrap() error { return e.Err }

// measureIndex starts a workflow and waits until the index finds it.
func (m *Monitor) measureIndex(ctx context.Context) (err error) {
	p := probe.New(m.config.Client, m.config.Namespace)
	err = m.call(ctx, "start a workflow to look for", func(ctx context.Context) error { return p.Start(ctx, m.config.Timeout+time.Minute) })
	if err != nil {
		m.setIndex(ctx, Index{})
		// An answer that was lost leaves a probe. When nothing answers at all, this fails as well, which is no news.
		_ = p.Delete(ctx, m.callTimeout())
		return err
	}
	acknowledged := time.Now()
	found := m.await(ctx, p)
	m.setIndex(ctx, Index{Up: found == nil, Lag: time.Since(acknowledged)})
	if err := p.Delete(ctx, m.callTimeout()); found == nil {
		return err
	}
	return found // that it cannot be deleted either has the same cause, and it ends by itself
}

// await returns when the probe is found, or a *LateError.
func (m *Monitor) await(ctx context.Context, p *probe.Probe) error {
	began := time.Now()
	ctx, cancel := context.WithTimeout(ctx, m.config.Timeout)
	defer cancel()
	var last error // of a search that ended by itself
	for pause := firstPause; ; pause = min(pause+pause/2, lastPause) {
		found, err := p.Found(ctx)
		if err == nil && found {
			return nil
		}
		if ctx.Err() == nil || last == nil {
			last = err
		}
		select {
		case <-ctx.Done():
			return &LateError{After: time.Since(began), Err: last}
		case <-time.After(pause):
		}
	}
}

// setIndex keeps the result, unless ctx ended the measurement.
func (m *Monitor) setIndex(ctx context.Context, index Index) {
	if ctx.Err() != nil {
		return
	}
	index.MeasuredAt = time.Now()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.index = &index
}
