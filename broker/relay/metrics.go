package relay

import (
	"slices"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Counts are how many messages a relay has dealt with since it was made.
type Counts struct {
	Moved      int64 `json:"moved"`      // handed to the target
	Duplicates int64 `json:"duplicates"` // dropped because the target had their task
	Rejected   int64 `json:"rejected"`   // set aside
}

type counters struct{ moved, duplicates, rejected, failures atomic.Int64 }

// Counts returns what the relay has done over all queues.
func (r *Relay) Counts() Counts {
	var c Counts
	for _, l := range r.lines {
		c.Moved += l.counts.moved.Load()
		c.Duplicates += l.counts.duplicates.Load()
		c.Rejected += l.counts.rejected.Load()
	}
	return c
}

var labels = []string{"queue", "broker"}

var (
	descWaiting = prometheus.NewDesc("taskqueue_relay_waiting", "Messages in the broker's store that no relay has handed over.", labels, nil)
	descAge     = prometheus.NewDesc("taskqueue_relay_oldest_age_seconds", "How long the oldest of these messages has waited.", labels, nil)
	descAside   = prometheus.NewDesc("taskqueue_relay_set_aside", "Messages that were set aside because no task can be made of them.", labels, nil)
	descMoved   = prometheus.NewDesc("taskqueue_relay_messages_total", "Messages that this relay has dealt with, by result.",
		append(slices.Clip(labels), "result"), nil)
	descFailures = prometheus.NewDesc("taskqueue_relay_failures_total", "Batches that could not be moved at once.", labels, nil)
)

// Describe implements prometheus.Collector.
func (r *Relay) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{descWaiting, descAge, descAside, descMoved, descFailures} {
		out <- d
	}
}

// Collect implements prometheus.Collector.
func (r *Relay) Collect(out chan<- prometheus.Metric) {
	for _, l := range r.lines {
		queue, name := l.Queue, l.Store.Name()
		for result, count := range map[string]*atomic.Int64{
			"moved": &l.counts.moved, "duplicate": &l.counts.duplicates, "rejected": &l.counts.rejected,
		} {
			out <- prometheus.MustNewConstMetric(descMoved, prometheus.CounterValue, float64(count.Load()), queue, name, result)
		}
		out <- prometheus.MustNewConstMetric(descFailures, prometheus.CounterValue, float64(l.counts.failures.Load()), queue, name)
		l.mu.Lock()
		backlog, measured := l.backlog, l.measured
		l.mu.Unlock()
		if !measured {
			continue
		}
		out <- prometheus.MustNewConstMetric(descWaiting, prometheus.GaugeValue, float64(backlog.Waiting), queue, name)
		out <- prometheus.MustNewConstMetric(descAside, prometheus.GaugeValue, float64(backlog.Rejected), queue, name)
		age := 0.
		if !backlog.Oldest.IsZero() {
			age = max(time.Since(backlog.Oldest).Seconds(), 0)
		}
		out <- prometheus.MustNewConstMetric(descAge, prometheus.GaugeValue, age, queue, name)
	}
}
