package app

import (
	"cmp"
	"fmt"
	"log/slog"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"go.opentelemetry.io/otel/attribute"
	otelprometheus "go.opentelemetry.io/otel/exporters/prometheus"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/opentelemetry"

	"github.com/distributed-task-queue/taskqueue/worker"
	"github.com/distributed-task-queue/taskqueue/workflows"
)

// NewMetrics returns a registry that has the metrics of the Go runtime and of the process.
func NewMetrics() *prometheus.Registry {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return registry
}

// The upper bounds of the buckets of durations, in seconds.
var (
	// callBounds are for calls to the server: from one on the same machine to one that waits long.
	callBounds = []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300}
	// taskBounds are for tasks: from one that does hardly anything to one that takes a day.
	taskBounds = []float64{.01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600, 14400, 86400}
)

// described are our own metrics among those that go through the Temporal client, with their HELP texts.
var described = map[string]string{
	worker.MetricPaused:     "1 while the worker is paused or stops, otherwise 0.",
	worker.MetricFull:       "1 while the worker takes no tasks because the machine is at its limits, otherwise 0.",
	worker.MetricRunning:    "Tasks of the queue that run in this worker.",
	worker.MetricHeld:       "Tasks of the queue that have come to this worker and wait for a permit.",
	worker.MetricPermits:    "Tasks that may run in this worker at a time, over all its queues: aggregate with max.",
	worker.MetricHandedBack: "Tasks that the worker handed back to their queue before they ran, by reason.",
	worker.MetricWait:       "How long tasks waited for the first start of their action, from when it was put on its queue.",
	worker.MetricRun:        "How long runs of actions took, by how they ended.",
	workflows.MetricTask:    "How long tasks took, from when they were enqueued, or due, to their end, by their last status.",
}

// withoutNamespace takes away a label that the Temporal client gives its metrics and ours. It is the same for the whole process, or says that it is
// not known; what does not go through that client has not got it; and it has the name of the label by which Prometheus tells targets apart.
var withoutNamespace = attribute.NewDenyKeysFilter("namespace")

// view says how an instrument of the Temporal client is exported.
func view(i sdkmetric.Instrument) (sdkmetric.Stream, bool) {
	help, ours := described[i.Name]
	stream := sdkmetric.Stream{
		Name: i.Name, Description: cmp.Or(help, i.Description), Unit: i.Unit, AttributeFilter: withoutNamespace,
	}
	if i.Kind == sdkmetric.InstrumentKindHistogram {
		bounds := callBounds
		if ours {
			bounds = taskBounds
		}
		stream.Aggregation = sdkmetric.AggregationExplicitBucketHistogram{Boundaries: bounds}
	}
	return stream, true
}

// metricsHandler returns a handler that keeps the metrics of a Temporal client, and of the workers on it, in the registry.
func metricsHandler(registry *prometheus.Registry, logger *slog.Logger) (client.MetricsHandler, error) {
	exporter, err := otelprometheus.New(otelprometheus.WithRegisterer(registry), otelprometheus.WithoutScopeInfo(), otelprometheus.WithoutTargetInfo())
	if err != nil {
		return nil, fmt.Errorf("export metrics: %w", err)
	}
	return opentelemetry.NewMetricsHandler(opentelemetry.MetricsHandlerOptions{
		Meter:                sdkmetric.NewMeterProvider(sdkmetric.WithReader(exporter), sdkmetric.WithView(view)).Meter("temporal-sdk-go"),
		OnError:              func(err error) { logger.Warn("A metric is not kept", "error", err) },
		UseMonotonicCounters: true, // only those are counters to Prometheus
	}), nil
}
