package worker

import (
	"math/rand/v2"
	"time"
)

// Stride scheduling gives each queue exactly its share. A queue has a pass, which grows by 1/weight when a task of it is
// started, and the queue of the smallest pass is next. What counts is what was started, not what was asked for: a poll
// that brings nothing costs its queue nothing.

// slowFor is how long a queue's poll may take that is thought to be slow, though the queue has tasks: the queue makes up for what was
// started meanwhile. One that takes longer says that the queue was empty, which it makes up for by nothing.
const slowFor = time.Second

func (l *line) stride() float64 { return 1 / float64(l.weight) }

// firstPass makes the first draw a lottery in which a queue's chance is its weight by the sum of all weights: the
// least of exponentially distributed numbers is that of a queue with just this chance. So short-lived workers, too, serve
// the queues by weight.
func (l *line) firstPass() float64 { return rand.ExpFloat64() * l.stride() } //nolint:gosec // a lottery needs no cryptography

// due is the queue's pass when all starts have happened that permits are held back for.
func (l *line) due() float64 { return l.pass + float64(l.fresh+l.granted)*l.stride() }

// charge notes that a task of the queue is started. The caller holds the lock.
func (g *gate) charge(l *line) {
	if now := time.Now(); now.Sub(g.noted) >= slowFor {
		g.before, g.noted, g.lately = g.lately, now, g.virtual
	}
	g.virtual = max(g.virtual, l.pass)
	l.pass += l.stride()
}

// catchUp lets the time pass for a queue in which it had no tasks. The others never wait for longer, while it makes up for what it
// missed, than for what was started in the last two seconds. The caller holds the lock.
func (g *gate) catchUp(l *line, idle time.Duration) {
	earliest := g.virtual
	if idle <= slowFor && time.Since(g.noted) < 2*slowFor {
		earliest = g.before
	}
	l.pass = max(l.pass, earliest)
}
