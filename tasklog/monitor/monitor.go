// Package monitor measures how well the task log can be trusted: how far its index is behind Temporal, since when it is complete, and how
// many tasks retention has removed from it.
//
// It uses Temporal's API alone, whose lists and counts come from the very index that all engines of the task log read.
package monitor

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// callTimeout is how long a call to the server may take, if Config.Timeout is not shorter.
const callTimeout = 10 * time.Second

// Monitor measures the task log of one namespace. It is safe for concurrent use, and is a prometheus.Collector.
type Monitor struct {
	config Config
	// looking is held during a look, so that the fields of removal and reach belong to one look at a time.
	looking sync.Mutex
	removal removal
	horizon horizon

	mu      sync.Mutex // guards what follows
	index   *Index
	reach   *Reach
	removed int64
	errors  map[string]int64
	failing map[string]bool
}

// New returns a monitor that has measured nothing yet. It makes no call.
func New(config Config) (*Monitor, error) {
	if err := config.validate(); err != nil {
		return nil, err
	}
	m := &Monitor{config: config.WithDefaults(), errors: map[string]int64{}, failing: map[string]bool{}}
	for _, of := range measurements {
		m.errors[of.name] = 0
	}
	return m, nil
}

// measurements are what a look consists of. Removal is the first, because what it counts is about to go.
var measurements = []struct {
	name string
	do   func(*Monitor, context.Context) error
	runs bool // only in Run: it makes sense only when it is repeated
}{
	{"removed", (*Monitor).countRemoved, true},
	{"reach", (*Monitor).measureReach, false},
	{"index", (*Monitor).measureIndex, false},
}

// Run measures at once and then at every interval, until ctx ends. What goes wrong is logged when it begins and when it ends, and
// counted; it never ends Run.
func (m *Monitor) Run(ctx context.Context) error {
	ticker := time.NewTicker(m.config.Interval)
	defer ticker.Stop()
	for ctx.Err() == nil {
		m.look(ctx)
		select {
		case <-ctx.Done():
		case <-ticker.C:
		}
	}
	return nil
}

// look takes every measurement.
func (m *Monitor) look(ctx context.Context) {
	m.looking.Lock()
	defer m.looking.Unlock()
	for _, of := range measurements {
		err := of.do(m, ctx)
		if ctx.Err() != nil {
			return // it says nothing about the server
		}
		m.note(ctx, of.name, err)
	}
}

// Measure measures the index and the reach once. An index that does not find a new workflow in time is a result; an error says
// what could not be measured.
func (m *Monitor) Measure(ctx context.Context) error {
	m.looking.Lock()
	defer m.looking.Unlock()
	var errs []error
	for _, of := range measurements {
		if of.runs {
			continue
		}
		err := of.do(m, ctx)
		if _, late := errors.AsType[*LateError](err); !late {
			errs = append(errs, err)
		}
	}
	if ctx.Err() != nil {
		return ctx.Err() // what was measured says nothing about the server
	}
	return errors.Join(errs...)
}

// note counts an error, and logs when errors begin and end.
func (m *Monitor) note(ctx context.Context, measurement string, err error) {
	m.mu.Lock()
	was := m.failing[measurement]
	m.failing[measurement] = err != nil
	if err != nil {
		m.errors[measurement]++
	}
	m.mu.Unlock()
	switch {
	case err != nil && !was:
		m.config.Logger.WarnContext(ctx, "The task log cannot be measured; that is logged again only after it worked",
			"measurement", measurement, "error", err)
	case err == nil && was:
		m.config.Logger.InfoContext(ctx, "The task log can be measured again", "measurement", measurement)
	}
}

// call makes a call to the server, which may not take for ever.
func (m *Monitor) call(ctx context.Context, what string, do func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, m.callTimeout())
	defer cancel()
	if err := do(ctx); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

func (m *Monitor) callTimeout() time.Duration { return min(callTimeout, m.config.Timeout) }
