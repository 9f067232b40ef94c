package worker

import (
	"context"
	"slices"
	"sync"
	"time"
)

// gate decides which queue is next, so that the tasks of all queues share one set of permits.
//
// A queue may open a poll only while a permit is free to it. The open poll keeps that permit as long as it is fresh;
// then it is parked: it stays open, but the permit goes back, so an empty queue costs the others nothing. A task that a
// parked poll brings takes a free permit, or waits for one for holdFor.
//
// Which of several queues is next, the strategy says; see stride.go for the shares of the weights.
type gate struct {
	strategy Strategy

	mu        sync.Mutex
	permits   int // how many tasks may run at a time
	remaining int // how many tasks may still be started; negative for any number
	paused    bool
	full      bool // the machine is at its limits
	stopped   bool // paused for good
	lines     []*line
	virtual   float64       // the largest pass at which a task was started
	lately    float64       // what virtual was when that was noted, a second ago at most while tasks are started
	before    float64       // what it was when it was noted before that
	noted     time.Time     // when lately was noted
	held      []*hold       // tasks that parked polls brought and that wait for a permit, oldest first
	done      chan struct{} // closed when remaining is 0 and nothing runs
	idle      chan struct{} // closed when nothing runs after pause; nil while not asked for
}

func newGate(strategy Strategy, permits, limit int) *gate {
	if limit <= 0 {
		limit = -1
	}
	return &gate{strategy: strategy, permits: permits, remaining: limit, done: make(chan struct{})}
}

func (g *gate) addLine(q Queue) *line {
	l := newLine(q)
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
		l.streak /= 2
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
	p.state, p.parked = pollParked, time.Now()
	p.line.fresh--
	p.line.parked++
	p.line.streak = 0
	g.grant()
}

// received notes that the poll brought a task. begin or decline should follow, and release must.
func (g *gate) received(p *poll) {
	g.mu.Lock()
	defer g.mu.Unlock()
	l := p.line
	var idle time.Duration
	switch p.state {
	case pollFresh:
		p.timer.Stop()
		l.fresh--
		l.granted++
	case pollParked:
		l.parked--
		idle = time.Since(p.parked)
		// A free permit is for the task that is here, not for another poll, which could bring a second one.
		if g.free(l) {
			l.granted++
		}
	default:
		return
	}
	p.state = pollUsed
	l.begun++
	l.streak = min(l.streak+1, maxStreak)
	l.answered(time.Since(p.opened))
	g.catchUp(l, idle)
	// No permit has become free, but more polls of this queue may be opened. If all its pollers are busy, the one that
	// brought the task is back in a moment, and until then no other queue is to go ahead.
	if len(l.waiting) > 0 {
		g.grant()
	}
}

// begin waits for a permit for a received task, which had waited for so long in its queue. An error means that the
// task must be handed back.
func (g *gate) begin(ctx context.Context, l *line, waited time.Duration) error {
	g.mu.Lock()
	if l.backlog = waited > max(l.answer, minFresh); l.backlog {
		l.streak = maxStreak // there is no need to feel one's way
	}
	hadPermit := l.granted > 0
	if hadPermit {
		l.granted--
	}
	if g.paused {
		g.mu.Unlock()
		return errPaused
	}
	if hadPermit {
		g.start(l)
		g.grant()
		g.mu.Unlock()
		return nil
	}
	h := newHold(&g.held, l)
	g.grant()
	g.mu.Unlock()
	return g.wait(ctx, h)
}

// beginHere waits for a permit for a task that came without a poll, until it is its queue's turn. An error means that
// the task is not run here; otherwise end must follow.
func (g *gate) beginHere(ctx context.Context, l *line) error {
	g.mu.Lock()
	if g.paused {
		g.mu.Unlock()
		return errPaused
	}
	if len(l.here) == 0 {
		g.catchUp(l, time.Since(l.lastHere))
	}
	l.lastHere = time.Now()
	h := newHold(&l.here, l)
	g.grant()
	g.mu.Unlock()
	return g.wait(ctx, h)
}

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
func (g *gate) end(l *line) {
	g.mu.Lock()
	defer g.mu.Unlock()
	l.running--
	l.gauges.setRunning(l.running)
	if g.running() == 0 {
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

// From here on the callers hold the lock.

// grant gives free permits to held tasks first, then to the queues whose turn it is.
func (g *gate) grant() {
	if g.paused {
		return
	}
	g.held = slices.DeleteFunc(g.held, func(h *hold) bool {
		free := g.free(h.line)
		if free {
			g.start(h.line)
			h.decide(nil)
		}
		return free
	})
	for {
		l := g.next()
		switch {
		case l == nil:
			return
		case len(l.here) > 0:
			h := l.here[0]
			l.here = l.here[1:]
			g.start(l)
			h.decide(nil)
		case len(l.waiting) > 0:
			p := &poll{line: l, opened: time.Now()}
			p.timer = time.AfterFunc(g.freshFor(), func() { g.park(p) })
			l.fresh++
			l.waiting[0] <- p
			l.waiting = l.waiting[1:]
		default:
			// All its pollers have polls open. One is back, or its poll parked, in less time than it would take to make
			// up for another queue that went ahead now.
			return
		}
	}
}

// next returns the queue that is next, or nil if none has a task for a permit that is free to it. Nobody competes with a
// queue for the permits that are reserved for it.
func (g *gate) next() *line {
	var reserved, shared []*line
	for _, l := range g.lines {
		switch {
		case !l.contends() || !g.free(l):
		case l.taken() >= l.reserved:
			shared = append(shared, l)
		case len(l.here)+len(l.waiting) > 0:
			reserved = append(reserved, l)
		}
	}
	if l := g.strategy.pick(reserved); l != nil {
		return l
	}
	return g.strategy.pick(shared)
}

// free tells whether a permit is free to the queue: one that is reserved for it, or one that is for all.
func (g *gate) free(l *line) bool {
	shared, promised := g.permits, 0
	for _, o := range g.lines {
		shared -= max(o.reserved, o.taken())
		promised += o.fresh + o.granted
	}
	if g.full || g.remaining >= 0 && g.remaining <= promised {
		return false
	}
	return shared > 0 || l.taken() < l.reserved
}

// start spends a permit.
func (g *gate) start(l *line) {
	g.charge(l)
	l.running++
	l.gauges.setRunning(l.running)
	if g.remaining > 0 {
		g.remaining--
	}
}

func (g *gate) running() int {
	running := 0
	for _, l := range g.lines {
		running += l.running
	}
	return running
}
