package api

import (
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"
)

// The metrics of the requests that a Server answers. The label route is the path's pattern, empty for what is at no route.
const (
	// MetricRequests counts requests by method, route and status.
	MetricRequests = "taskqueue_api_requests_total"
	// MetricLatency is how long answers took, by method and route, in seconds. Event streams are left out.
	MetricLatency = "taskqueue_api_request_seconds"
)

// requestMetrics are the metrics of the requests.
type requestMetrics struct {
	requests *prometheus.CounterVec
	latency  *prometheus.HistogramVec
}

func newRequestMetrics() requestMetrics {
	return requestMetrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: MetricRequests, Help: "Requests that the API has answered, by the pattern of their path and the status of the answer.",
		}, []string{"method", "route", "status"}),
		latency: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: MetricLatency, Help: "How long the API's answers took, without event streams.", Buckets: prometheus.DefBuckets,
		}, []string{"method", "route"}),
	}
}

// measure measures the request when it has been answered.
func (m requestMetrics) measure(c *gin.Context) {
	start := time.Now()
	defer func() {
		route := c.FullPath()
		method := c.Request.Method
		if route == "" {
			method = "" // it may be anything
		}
		m.requests.WithLabelValues(method, route, strconv.Itoa(c.Writer.Status())).Inc()
		if !strings.HasPrefix(c.Writer.Header().Get("Content-Type"), "text/event-stream") {
			m.latency.WithLabelValues(method, route).Observe(time.Since(start).Seconds())
		}
	}()
	c.Next()
}

// Describe implements prometheus.Collector.
func (s *Server) Describe(descs chan<- *prometheus.Desc) {
	for _, c := range s.collectors() {
		c.Describe(descs)
	}
}

// Collect implements prometheus.Collector. It makes no call to Temporal.
func (s *Server) Collect(metrics chan<- prometheus.Metric) {
	for _, c := range s.collectors() {
		c.Collect(metrics)
	}
}

// collectors are what the Server measures: its requests, and the queues while it serves.
func (s *Server) collectors() []prometheus.Collector {
	return []prometheus.Collector{s.requests.requests, s.requests.latency, s.history}
}
