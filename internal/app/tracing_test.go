package app

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

func TestSpansAreFlushedAtTheEnd(t *testing.T) {
	received := make(chan []byte, 1)
	collector := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		received <- append([]byte(r.URL.Path+"\n"), body...)
	}))
	defer collector.Close()
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.URL)
	t.Setenv("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment=test")
	provider, flush, err := openTracing(t.Context(), slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	_, span := provider.Tracer("test").Start(t.Context(), "the last span")
	span.End()
	require.NoError(t, flush())
	got := <-received
	for _, part := range []string{"/v1/traces\n", "the last span", "taskqueue-app.test", "deployment.environment"} {
		require.Contains(t, string(got), part)
	}
}

func TestACollectorThatRefusesCostsSpansOnly(t *testing.T) {
	collector := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) }))
	defer collector.Close()
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.URL)
	var log bytes.Buffer
	provider, flush, err := openTracing(t.Context(), slog.New(slog.NewTextHandler(&log, nil)))
	require.NoError(t, err)
	_, span := provider.Tracer("test").Start(t.Context(), "lost")
	span.End()
	require.NoError(t, flush())
	require.Contains(t, log.String(), "Spans are lost")
	require.Contains(t, log.String(), "403")
}

func TestTracingIsOffByDefault(t *testing.T) {
	for _, name := range []string{"OTEL_TRACES_EXPORTER", "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"} {
		t.Setenv(name, "")
	}
	provider, flush, err := openTracing(t.Context(), slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	require.Nil(t, provider)
	require.NoError(t, flush())
}

// panickingExporter stands for an exporter with a bug.
type panickingExporter struct{ sdktrace.SpanExporter }

func (panickingExporter) ExportSpans(context.Context, []sdktrace.ReadOnlySpan) error { panic("a bug") }

func TestAnExporterThatPanicsCostsSpansOnly(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	exporter := careful{panickingExporter{}, slog.New(slog.NewTextHandler(&log, nil))}
	require.NoError(t, exporter.ExportSpans(t.Context(), nil))
	require.Contains(t, log.String(), "a bug")
}
