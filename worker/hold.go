package worker

import (
	"context"
	"errors"
	"slices"
	"time"
)

// holdFor is how long a task that came when no permit was free waits for one before it is handed back. The server takes
// up to a second to offer it again, and an idle worker is to have it within two.
const holdFor = 500 * time.Millisecond

// Why a task that was received is not run here.
var (
	errNoPermit = errors.New("no permit became free in time")
	errPaused   = errors.New("the worker is paused or stops")
)

// hold is one task that waits for a permit.
type hold struct {
	line  *line
	among *[]*hold // where it waits
	ready chan error
}

// newHold adds a task to those that wait. The caller holds the gate's lock.
func newHold(among *[]*hold, l *line) *hold {
	h := &hold{line: l, among: among, ready: make(chan error, 1)}
	*among = append(*among, h)
	h.count(1)
	return h
}

// decide ends the wait. The caller holds the gate's lock.
func (h *hold) decide(err error) {
	h.count(-1)
	h.ready <- err
}

func (h *hold) count(more int) {
	h.line.held += more
	h.line.gauges.setHeld(h.line.held)
}

// wait returns when the task has a permit, or when it has waited long enough.
func (g *gate) wait(ctx context.Context, h *hold) error {
	patience := time.NewTimer(holdFor)
	defer patience.Stop()
	select {
	case err := <-h.ready:
		return err
	case <-patience.C:
	case <-ctx.Done():
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if i := slices.Index(*h.among, h); i >= 0 {
		*h.among = slices.Delete(*h.among, i, i+1)
		h.count(-1)
		return errNoPermit
	}
	return <-h.ready // decided in the same moment
}

// handAllBack ends the wait of every task among these. The caller holds the gate's lock.
func handAllBack(among *[]*hold) {
	for _, h := range *among {
		h.decide(errPaused)
	}
	*among = nil
}
