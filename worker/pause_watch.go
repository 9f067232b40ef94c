package worker

import (
	"context"
	"sync"
	"time"
)

// pauseKnownFor is how long a worker goes on with what it knows of a queue's pause.
const pauseKnownFor = time.Second

// pauseWatch knows whether a queue is paused for all workers. Polls need it not, as the server gives no tasks of a paused queue; fast
// actions, which come without a poll, do. The server is asked only when there are some.
type pauseWatch struct {
	ask func(context.Context) (bool, error)

	mu     sync.Mutex
	paused bool
	asked  time.Time
}

// isPaused asks the server if it is time to. When the server does not answer the queue counts as paused, and the action goes the way of all
// others, on which the server minds pauses itself.
func (p *pauseWatch) isPaused(ctx context.Context) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if time.Since(p.asked) < pauseKnownFor {
		return p.paused
	}
	ctx, cancel := context.WithTimeout(ctx, pauseKnownFor)
	defer cancel()
	paused, err := p.ask(ctx)
	p.paused, p.asked = paused || err != nil, time.Now()
	return p.paused
}
