package worker

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"
)

const (
	// freshFor is how long an open poll holds a permit back for what it may bring. A queue with tasks answers
	// within a few milliseconds; a poll that is open for longer says that the queue is empty.
	freshFor = 50 * time.Millisecond
	// holdFor is how long a task that came when no permit was free waits for one before it is handed back.
	holdFor = time.Second
)

// Why a task that was received is not run here.
var (
	errNoPermit = errors.New("no permit became free in time")
	errPaused   = errors.New("the worker is paused or stops")
)

// gate decides which queue may be polled, so that the tasks of all queues share one set of permits.
//
// A queue may open a poll only while a permit is free. The open poll keeps that permit as long as it is fresh;
// then it is parked: it stays open, but the permit goes back, so an empty queue costs the others nothing. A task that a
// parked poll brings takes a free permit, or waits for one for holdFor.
type gate struct {
	strategy Strategy

	mu        sync.Mutex
	permits   int // how many tasks may run at a time
	running   int
	remaining int // how many tasks may still be started; negative for any number
	paused    bool
	stopped   bool // paused for good
	lines     []*line
	held      []*hold       // oldest first
	done      chan struct{} // closed when remaining is 0 and nothing runs
	idle      chan struct{} // closed when nothing runs after pause; nil while not asked for
}

// line is what the gate knows of one queue.
type line struct {
	name    string
	weight  int
	waiting []chan *poll // who wants to poll, oldest first
	fresh   int          // open polls that hold a permit back
	parked  int          // open polls that hold none
	granted int          // received tasks whose poll held a permit, that have not begun
	begun   int          // received tasks whose slot is not released
	hot     bool         // the last that was heard of the queue was a task
}

type pollState int

const (
	pollFresh pollState = iota
	pollParked
	pollUsed // it brought a task
	pollReleased
)

// poll is one open poll.
type poll struct {
	line  *line
	state pollState
	timer *time.Timer
}

// hold is one task that waits for a permit.
type hold struct{ ready chan error }

func newGate(strategy Strategy, permits, limit int) *gate {
	if limit <= 0 {
		limit = -1
	}
	return &gate{strategy: strategy, permits: permits, remaining: limit, done: make(chan struct{})}
}

func (g *gate) addLine(name string, weight int) *line {
	l := &line{name: name, weight: weight}
	g.lines = append(g.lines, l)
	return l
}

// openPoll waits until the queue may be polled.
func (g *gate) openPoll(ctx context.Context, l *line) (*poll, error) {
	ready := make(chan *poll, 1)
	g.mu.Lock()
	l.waiting = append(l.waiting, ready)
	g.grant()
	g.mu.Unlock()
	select {
	case p := <-ready:
		return p, nil
	case <-ctx.Done():
	}
	g.mu.Lock()
	i := slices.Index(l.waiting, ready)
	if i >= 0 {
		l.waiting = slices.Delete(l.waiting, i, i+1)
	}
	g.mu.Unlock()
	if i < 0 { // it was granted in the same moment
		g.release(<-ready)
	}
	return nil, ctx.Err()
}

// release notes that the poll brought nothing, or that the task which it brought is done with, run or not.
func (g *gate) release(p *poll) {
	g.mu.Lock()
	defer g.mu.Unlock()
	l := p.line
	switch p.state {
	case pollFresh:
		p.timer.Stop()
		l.fresh--
		l.hot = false
	case pollParked:
		l.parked--
	case pollUsed:
		l.begun--
		// A task that never came to begin must not keep its permit for ever.
		l.granted = min(l.granted, l.begun)
	}
	p.state = pollReleased
	g.grant()
}

// park takes the permit back from a poll that has not answered.
func (g *gate) park(p *poll) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if p.state != pollFresh {
		return
	}
	p.state = pollParked
	p.line.fresh--
	p.line.parked++
	p.line.hot = false
	g.grant()
}

// received notes that the poll brought a task. begin or decline should follow, and release must.
func (g *gate) received(p *poll) {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch p.state {
	case pollFresh:
		p.timer.Stop()
		p.line.fresh--
		p.line.granted++
	case pollParked:
		p.line.parked--
	default:
		return
	}
	p.state = pollUsed
	p.line.begun++
	p.line.hot = true
	g.grant() // the queue is known to have tasks again
}

// begin waits for a permit for a received task. An error means that the task must be handed back.
func (g *gate) begin(ctx context.Context, l *line) error {
	g.mu.Lock()
	hadPermit := l.granted > 0
	if hadPermit {
		l.granted--
	}
	if g.paused {
		g.grant()
		g.mu.Unlock()
		return errPaused
	}
	if hadPermit || g.free() > 0 {
		g.start()
		g.mu.Unlock()
		return nil
	}
	h := &hold{ready: make(chan error, 1)}
	g.held = append(g.held, h)
	g.mu.Unlock()

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
	if i := slices.Index(g.held, h); i >= 0 {
		g.held = slices.Delete(g.held, i, i+1)
		return errNoPermit
	}
	return <-h.ready // decided in the same moment
}

// beginHere waits for a permit for a task that came without a poll. An error means that it must go the way of all others.
func (g *gate) beginHere(ctx context.Context, l *line) error { return g.begin(ctx, l) }

// decline notes that a received task will not begin, so that the permit which its poll may have held is free at once.
func (g *gate) decline(l *line) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if l.granted > 0 {
		l.granted--
	}
	g.grant()
}

// end gives the permit of a task back that has run.
func (g *gate) end() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.running--
	if g.running == 0 {
		if g.remaining == 0 {
			close(g.done)
		}
		if g.idle != nil {
			close(g.idle)
			g.idle = nil
		}
	}
	g.grant()
}

// drained returns a channel that is closed when nothing runs any more.
func (g *gate) drained() <-chan struct{} {
	g.mu.Lock()
	defer g.mu.Unlock()
	drained := make(chan struct{})
	if g.running == 0 {
		close(drained)
	} else {
		g.idle = drained
	}
	return drained
}

// pause stops polling; tasks that wait for a permit are handed back.
func (g *gate) pause() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.paused = true
	for _, h := range g.held {
		h.ready <- errPaused
	}
	g.held = nil
}

// stop pauses for good.
func (g *gate) stop() {
	g.pause()
	g.mu.Lock()
	defer g.mu.Unlock()
	g.stopped = true
}

// resume ends a pause, and reports whether it could: what is stopped stays so.
func (g *gate) resume() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.stopped {
		return false
	}
	g.paused = false
	g.grant()
	return true
}

// free returns how many permits are not spoken for. The caller holds the lock.
func (g *gate) free() int {
	reserved := 0
	for _, l := range g.lines {
		reserved += l.fresh + l.granted
	}
	free := g.permits - g.running - reserved
	if g.remaining >= 0 {
		free = min(free, g.remaining-reserved)
	}
	return free
}

// start spends a permit. The caller holds the lock.
func (g *gate) start() {
	g.running++
	if g.remaining > 0 {
		g.remaining--
	}
}

// grant gives free permits to held tasks first, then to polls. The caller holds the lock.
func (g *gate) grant() {
	if g.paused {
		return
	}
	for len(g.held) > 0 && g.free() > 0 {
		g.start()
		g.held[0].ready <- nil
		g.held = g.held[1:]
	}
	for g.free() > 0 {
		candidates := g.candidates()
		if len(candidates) == 0 {
			return
		}
		l := g.strategy.pick(candidates)
		p := &poll{line: l}
		p.timer = time.AfterFunc(freshFor, func() { g.park(p) })
		l.fresh++
		l.waiting[0] <- p
		l.waiting = l.waiting[1:]
	}
}

// candidates returns the queues that want to poll and may have a task. A queue that is not known to have tasks gets
// one poll, so that no more than one task can come from it when no permit is free.
func (g *gate) candidates() []*line {
	var candidates []*line
	for _, l := range g.lines {
		if len(l.waiting) > 0 && (l.hot || l.fresh+l.parked == 0) {
			candidates = append(candidates, l)
		}
	}
	return candidates
}
