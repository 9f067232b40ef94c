package monitor

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// The metrics that a Monitor exports. What has not been measured is left out, but for the counters.
const (
	MetricLag         = "taskqueue_log_index_lag_seconds"
	MetricUp          = "taskqueue_log_index_up"
	MetricMeasured    = "taskqueue_log_index_measured_timestamp_seconds"
	MetricRetention   = "taskqueue_log_retention_seconds"
	MetricReachesBack = "taskqueue_log_reaches_back_timestamp_seconds"
	MetricRemoved     = "taskqueue_log_removed_total"
	MetricErrors      = "taskqueue_log_measurement_errors_total"
)

var (
	lagDesc = describe(MetricLag,
		"How long after its start a workflow was found in the index that the task log reads. At least that, if taskqueue_log_index_up is 0.")
	upDesc = describe(MetricUp,
		"1 if the index that the task log reads found a new workflow in time when it was last measured, otherwise 0.")
	measuredDesc    = describe(MetricMeasured, "Unix time of the last measurement of the index.")
	retentionDesc   = describe(MetricRetention, "How long the Temporal namespace keeps a task after it ended.")
	reachesBackDesc = describe(MetricReachesBack, "Unix time since which no task that ended has been removed from the task log by retention.")
	removedDesc     = describe(MetricRemoved,
		"Tasks that retention has removed from the task log. Each process counts them all: aggregate with max, not with sum.")
	errorsDesc = describe(MetricErrors, "Measurements of the task log that failed.", "measurement")
)

func describe(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(name, help, labels, nil)
}

// Describe implements prometheus.Collector.
func (m *Monitor) Describe(descs chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{lagDesc, upDesc, measuredDesc, retentionDesc, reachesBackDesc, removedDesc, errorsDesc} {
		descs <- d
	}
}

// Collect implements prometheus.Collector. It makes no call to the server.
func (m *Monitor) Collect(metrics chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, value float64) {
		metrics <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value)
	}
	if index := m.Index(); index != nil {
		up := 0.0
		if index.Up {
			up = 1
		}
		gauge(upDesc, up)
		gauge(measuredDesc, unix(index.MeasuredAt))
		if index.Lag > 0 {
			gauge(lagDesc, index.Lag.Seconds())
		}
	}
	if reach := m.Reach(); reach != nil {
		gauge(retentionDesc, reach.Retention.Seconds())
		gauge(reachesBackDesc, unix(reach.Since))
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	metrics <- prometheus.MustNewConstMetric(removedDesc, prometheus.CounterValue, float64(m.removed))
	for measurement, n := range m.errors {
		metrics <- prometheus.MustNewConstMetric(errorsDesc, prometheus.CounterValue, float64(n), measurement)
	}
}

// unix returns the time in seconds since 1970, with milliseconds.
func unix(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }
