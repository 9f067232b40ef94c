package worker

// pause stops polling; tasks that wait for a permit are handed back.
func (g *gate) pause() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.setPaused(true)
	handAllBack(&g.held)
	for _, l := range g.lines {
		handAllBack(&l.here)
	}
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
	g.setPaused(false)
	g.grant()
	return true
}

func (g *gate) isStopped() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.stopped
}

// drained returns a channel that is closed when nothing runs any more.
func (g *gate) drained() <-chan struct{} {
	g.mu.Lock()
	defer g.mu.Unlock()
	drained := make(chan struct{})
	if g.running() == 0 {
		close(drained)
	} else {
		g.idle = drained
	}
	return drained
}

func (g *gate) setPaused(paused bool) {
	g.paused = paused
	for _, l := range g.lines {
		l.gauges.setPaused(paused)
	}
}
