package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	otelprometheus "go.opentelemetry.io/otel/exporters/prometheus"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/opentelemetry"

	"github.com/distributed-task-queue/taskqueue/worker"
)

// NewMetrics returns a registry that has the metrics of the Go runtime and of the process.
func NewMetrics() *prometheus.Registry {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return registry
}

// latencyBounds are the upper bounds of the buckets of durations, in seconds: from a call on the same machine to a task that
// waited for minutes.
var latencyBounds = []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300}

// descriptions are the HELP texts of the worker's own metrics.
var descriptions = map[string]string{
	worker.MetricPaused:     "1 while the worker is paused or stops, otherwise 0.",
	worker.MetricRunning:    "Tasks of the queue that run in this worker.",
	worker.MetricHandedBack: "Tasks that the worker handed back to their queue before they ran, by reason.",
}

// metricsHandler returns a handler that keeps the metrics of a Temporal client, and of the workers on it, in the registry.
func metricsHandler(registry *prometheus.Registry, logger *slog.Logger) (client.MetricsHandler, error) {
	exporter, err := otelprometheus.New(otelprometheus.WithRegisterer(registry), otelprometheus.WithoutScopeInfo(), otelprometheus.WithoutTargetInfo())
	if err != nil {
		return nil, fmt.Errorf("export metrics: %w", err)
	}
	options := []sdkmetric.Option{sdkmetric.WithReader(exporter), sdkmetric.WithView(sdkmetric.NewView(
		sdkmetric.Instrument{Kind: sdkmetric.InstrumentKindHistogram},
		sdkmetric.Stream{Aggregation: sdkmetric.AggregationExplicitBucketHistogram{Boundaries: latencyBounds}},
	))}
	for name, description := range descriptions {
		options = append(options, sdkmetric.WithView(sdkmetric.NewView(
			sdkmetric.Instrument{Name: name}, sdkmetric.Stream{Description: description},
		)))
	}
	return opentelemetry.NewMetricsHandler(opentelemetry.MetricsHandlerOptions{
		Meter:                sdkmetric.NewMeterProvider(options...).Meter("temporal-sdk-go"),
		OnError:              func(err error) { logger.Warn("A metric is not kept", "error", err) },
		UseMonotonicCounters: true, // only those are counters to Prometheus
	}), nil
}

// ServeMetrics serves the program's metrics at /metrics of metrics.listen until stop is called. If that is empty nothing is served.
func (a *App) ServeMetrics(ctx context.Context) (stop func() error, err error) {
	address := a.Config.Metrics.Listen
	if address == "" || a.Metrics == nil {
		return func() error { return nil }, nil
	}
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("metrics.listen: %w", err)
	}
	errorLog := slog.NewLogLogger(a.Logger.Handler(), slog.LevelError)
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(a.Metrics, promhttp.HandlerOpts{ErrorLog: errorLog, ErrorHandling: promhttp.ContinueOnError}))
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, ErrorLog: errorLog}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	a.Logger.InfoContext(ctx, "The metrics are served", "address", listener.Addr().String())
	return func() error {
		closed := server.Close() // an answer is short, and is asked for again
		if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("serve metrics on %s: %w", listener.Addr(), err)
		}
		return closed
	}, nil
}
