package api_test

import (
	"context"
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/propagation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/distributed-task-queue/taskqueue"
	"github.com/distributed-task-queue/taskqueue/api"
	"github.com/distributed-task-queue/taskqueue/internal/temporaltest"
	"github.com/distributed-task-queue/taskqueue/task"
)

const (
	remoteTrace  = "4bf92f3577b34da6a3ce929d0e0e4736"
	remoteSpan   = "00f067aa0ba902b7"
	remoteParent = "00-" + remoteTrace + "-" + remoteSpan + "-01"
)

// setupTraced returns an API whose action "seen" reports the trace context in which it runs.
func setupTraced(t *testing.T, provider trace.TracerProvider) *bundle {
	t.Helper()
	actions := taskqueue.NewRegistry()
	require.NoError(t, actions.Add(taskqueue.Action{
		Name: "seen",
		Run: func(ctx context.Context, _ json.RawMessage) (task.Report, error) {
			carrier := propagation.MapCarrier{}
			propagation.TraceContext{}.Inject(ctx, carrier)
			return task.Success("seen").WithData(carrier), nil
		},
	}))
	b := setupWith(t, taskqueue.Config{
		Temporal: temporaltest.Dial(t), Queues: []taskqueue.Queue{{Name: temporaltest.UniqueName(t)}},
		Actions: actions, TracerProvider: provider, Logger: temporaltest.Logger(t),
	}, api.Config{})
	b.work()
	return b
}

// seen returns the trace context that the action of a task got that was enqueued with these headers.
func (b *bundle) seen(header ...string) map[string]any {
	b.t.Helper()
	created := read[entity](b.t, b.do(http.MethodPost, "/api/v1/tasks", `{"action":"seen"}`, header...), http.StatusCreated)
	var done entity
	require.Eventually(b.t, func() bool {
		done = read[entity](b.t, b.do(http.MethodGet, "/api/v1/tasks/"+created.ID, nil), http.StatusOK)
		return done.Report != nil
	}, 2*time.Minute, 20*time.Millisecond)
	return done.Report.Children[0].Data.(map[string]any)
}

func TestATaskContinuesTheTraceOfItsRequest(t *testing.T) {
	t.Parallel()
	exporter := tracetest.NewInMemoryExporter()
	provider := sdktrace.NewTracerProvider(sdktrace.WithSyncer(exporter))
	b := setupTraced(t, provider)
	require.Contains(t, b.seen("traceparent", remoteParent)["traceparent"], remoteTrace)
	spans := exporter.GetSpans()
	require.Equal(t, "ENQUEUE seen", spans[0].Name)
	require.Equal(t, remoteSpan, spans[0].Parent.SpanID().String())
	require.Equal(t, remoteTrace, spans[0].SpanContext.TraceID().String())
}

func TestTheTraceOfARequestPassesWithoutProvider(t *testing.T) {
	t.Parallel()
	b := setupTraced(t, nil)
	require.Equal(t, map[string]any{"traceparent": remoteParent, "tracestate": "vendor=1"},
		b.seen("traceparent", remoteParent, "tracestate", "vendor=1"))
	require.Empty(t, b.seen())
	require.Empty(t, b.seen("traceparent", "00-nonsense"), "what cannot be read counts as nothing")
}
