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

// isPaused asks the server if it is time to. When it cannot tell, what was known last holds.
func (p *pauseWatch) isPaused(ctx context.Context) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if time.Since(p.asked) < pauseKnownFor {
		return p.paused
	}
	ctx, cancel := context.WithTimeout(ctx, pauseKnownFor)
	defer cancel()
	if paused, err := p.ask(ctx); err == nil {
		p.paused = paused
	}
	p.asked = time.Now()
	return p.paused
}
