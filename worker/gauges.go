package worker

import "go.temporal.io/sdk/client"

// The gauges that a worker keeps for each of its queues, through the metrics handler of its Temporal client.
const (
	// MetricPaused is 1 while the worker is paused or stops, otherwise 0.
	MetricPaused = "taskqueue_worker_paused"
	// MetricFull is 1 while the worker takes no tasks because the machine is at its limits, otherwise 0.
	MetricFull = "taskqueue_worker_full"
	// MetricRunning is how many tasks of the queue run in this worker: that many of its permits are in use.
	MetricRunning = "taskqueue_worker_running"
	// MetricHeld is how many tasks of the queue have come to this worker and wait for a permit.
	MetricHeld = "taskqueue_worker_held"
	// MetricPermits is how many tasks may run in this worker at a time. All its queues share them, and each tells the same number.
	MetricPermits = "taskqueue_worker_permits"
)

type gauges struct{ paused, full, running, held, permits client.MetricsGauge }

var noGauges = newGauges(client.MetricsNopHandler)

func newGauges(h client.MetricsHandler) gauges {
	return gauges{
		paused: h.Gauge(MetricPaused), full: h.Gauge(MetricFull), running: h.Gauge(MetricRunning),
		held: h.Gauge(MetricHeld), permits: h.Gauge(MetricPermits),
	}
}

func (g gauges) setPaused(paused bool) { g.paused.Update(number(paused)) }

func (g gauges) setFull(full bool) { g.full.Update(number(full)) }

func number(is bool) float64 {
	if is {
		return 1
	}
	return 0
}

func (g gauges) setRunning(n int) { g.running.Update(float64(n)) }

func (g gauges) setHeld(n int) { g.held.Update(float64(n)) }

// measure makes the gate keep the queue's gauges there.
func (g *gate) measure(l *line, h client.MetricsHandler) {
	g.mu.Lock()
	defer g.mu.Unlock()
	l.gauges = newGauges(h)
	l.gauges.setPaused(g.paused)
	l.gauges.setFull(g.full)
	l.gauges.setRunning(l.running)
	l.gauges.setHeld(l.held)
	l.gauges.permits.Update(float64(g.permits))
}
