package app

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/exporters/stdout/stdouttrace"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/distributed-task-queue/taskqueue/internal/config"
)

// flushTimeout is how long the spans that are left may take to be sent when the program ends.
const flushTimeout = 5 * time.Second

// openTracing returns the provider that the OTEL_* variables ask for, nil if they ask for none, and a function that sends the spans that
// are left. What they say of sampling, limits, batches, the endpoint and its headers is read by OpenTelemetry itself.
func openTracing(ctx context.Context, logger *slog.Logger) (trace.TracerProvider, func() error, error) {
	kind, err := config.Traces(os.Getenv)
	if err != nil || kind == config.TracesNone {
		return nil, func() error { return nil }, err
	}
	exporter, err := newExporter(ctx, kind)
	if err != nil {
		return nil, nil, fmt.Errorf("export traces as OTEL_TRACES_EXPORTER says (%s): %w", kind, err)
	}
	of, err := resource.New(ctx, resource.WithTelemetrySDK(), resource.WithAttributes(serviceName()), resource.WithFromEnv())
	if err != nil {
		return nil, nil, fmt.Errorf("read OTEL_RESOURCE_ATTRIBUTES: %w", err)
	}
	provider := sdktrace.NewTracerProvider(sdktrace.WithResource(of), sdktrace.WithBatcher(careful{exporter, logger}))
	return provider, func() error { return flush(provider, logger) }, nil
}

func newExporter(ctx context.Context, kind config.TracesExporter) (sdktrace.SpanExporter, error) {
	if kind == config.TracesConsole {
		return stdouttrace.New(stdouttrace.WithWriter(os.Stderr)) // standard output belongs to results
	}
	return otlptracehttp.New(ctx)
}

// serviceName is what the program is called unless OTEL_SERVICE_NAME says otherwise: taskqueue-worker.
func serviceName() attribute.KeyValue {
	return semconv.ServiceName("taskqueue-" + filepath.Base(os.Args[0]))
}

// careful is an exporter whose trouble is logged and is nobody else's.
type careful struct {
	sdktrace.SpanExporter

	logger *slog.Logger
}

// ExportSpans sends the spans, or loses them.
func (e careful) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	defer func() {
		if cause := recover(); cause != nil {
			e.logger.Warn("Spans are lost", "spans", len(spans), "panic", cause)
		}
	}()
	if err := e.SpanExporter.ExportSpans(ctx, spans); err != nil {
		e.logger.Warn("Spans are lost", "spans", len(spans), "error", err)
	}
	return nil
}

// flush sends the spans that are left. A program that has done its work has not failed because nobody takes its spans.
func flush(provider *sdktrace.TracerProvider, logger *slog.Logger) error {
	ctx, cancel := context.WithTimeout(context.Background(), flushTimeout)
	defer cancel()
	if err := provider.Shutdown(ctx); err != nil {
		logger.Warn("The last spans may be lost", "error", err)
	}
	return nil
}
