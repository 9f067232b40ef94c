package worker

import "go.temporal.io/sdk/client"

// The gauges that a worker keeps for each of its queues, through the metrics handler of its Temporal client.
const (
	// MetricPaused is 1 while the worker is paused or stops, otherwise 0.
	MetricPaused = "taskqueue_worker_paused"
	// MetricRunning is how many tasks of the queue run in this worker.
	MetricRunning = "taskqueue_worker_running"
)

type gauges struct{ paused, running client.MetricsGauge }

var noGauges = newGauges(client.MetricsNopHandler)

func newGauges(h client.MetricsHandler) gauges {
	return gauges{paused: h.Gauge(MetricPaused), running: h.Gauge(MetricRunning)}
}

func (g gauges) setPaused(paused bool) {
	value := 0.0
	if paused {
		value = 1
	}
	g.paused.Update(value)
}

func (g gauges) setRunning(n int) { g.running.Update(float64(n)) }

// measure makes the gate keep the queue's gauges there.
func (g *gate) measure(l *line, h client.MetricsHandler) {
	g.mu.Lock()
	defer g.mu.Unlock()
	l.gauges = newGauges(h)
	l.gauges.setPaused(g.paused)
	l.gauges.setRunning(l.running)
}
