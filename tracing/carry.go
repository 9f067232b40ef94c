package tracing

import (
	"context"

	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/distributed-task-queue/taskqueue/task"
)

// The names of the W3C trace context, in HTTP and in Temporal's header alike.
const (
	traceParent = "traceparent"
	traceState  = "tracestate"
)

// w3c is the one format in which tasks carry a trace, whatever the program uses elsewhere: workers in other languages read it too.
var w3c propagation.TraceContext

// inject makes the task carry the context's trace, or none if it has none.
func inject(ctx context.Context, t *task.Task) {
	fields := propagation.MapCarrier{}
	w3c.Inject(ctx, fields)
	t.TraceParent, t.TraceState = fields.Get(traceParent), fields.Get(traceState)
}

// fieldsOf returns what the task carries, as a header has it; nil if that is no trace.
func fieldsOf(t task.Task) propagation.MapCarrier {
	if t.TraceParent == "" {
		return nil
	}
	return propagation.MapCarrier{traceParent: t.TraceParent, traceState: t.TraceState}
}

// ContextOf returns the context in which a broker starts the task: that of the trace that the task carries, if any, also when the
// task was stored meanwhile.
func ContextOf(ctx context.Context, t *task.Task) context.Context {
	carried := w3c.Extract(ctx, fieldsOf(*t))
	if trace.SpanContextFromContext(carried).SpanID() == trace.SpanContextFromContext(ctx).SpanID() {
		return ctx // it is being enqueued right here
	}
	return carried
}
