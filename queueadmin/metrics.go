package queueadmin

import "github.com/prometheus/client_golang/prometheus"

// The metrics that a History exports, with the labels queue and broker. They are left out while the queues cannot be measured.
const (
	MetricWaiting = "taskqueue_queue_waiting"
	MetricAge     = "taskqueue_queue_oldest_age_seconds"
	MetricPaused  = "taskqueue_queue_paused"
	MetricWorkers = "taskqueue_queue_workers"
)

var (
	waitingDesc = describeMetric(MetricWaiting, "About how many tasks wait in the queue, in the broker's store and in Temporal.")
	ageDesc     = describeMetric(MetricAge, "About how long the task that is next has waited in Temporal.")
	pausedDesc  = describeMetric(MetricPaused, "1 if no worker gets the queue's tasks because the queue is paused, otherwise 0.")
	workersDesc = describeMetric(MetricWorkers, "Workers that have asked for tasks of the queue lately.")
)

func describeMetric(name, help string) *prometheus.Desc {
	return prometheus.NewDesc(name, help, []string{"queue", "broker"}, nil)
}

// Describe implements prometheus.Collector.
func (h *History) Describe(descs chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{waitingDesc, ageDesc, pausedDesc, workersDesc} {
		descs <- d
	}
}

// Collect implements prometheus.Collector. It shows what was seen last, and makes no call to the server.
func (h *History) Collect(metrics chan<- prometheus.Metric) {
	h.mu.Lock()
	latest := h.latest
	h.mu.Unlock()
	for _, q := range latest {
		gauge := func(d *prometheus.Desc, value float64) {
			metrics <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, q.Name, q.Broker)
		}
		if q.Error == "" { // else only a part of them is known
			gauge(waitingDesc, float64(q.Waiting))
		}
		gauge(ageDesc, q.OldestSeconds)
		gauge(workersDesc, float64(len(q.Workers)))
		paused := 0.
		if q.Paused {
			paused = 1
		}
		gauge(pausedDesc, paused)
	}
}
