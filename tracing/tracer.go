package tracing

import (
	"context"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"
	"go.temporal.io/sdk/temporal"

	"github.com/distributed-task-queue/taskqueue/task"
)

// scope is the name of the instrumentation.
const scope = "github.com/distributed-task-queue/taskqueue/tracing"

// System is the value of the attribute messaging.system.
const System = "taskqueue"

// Attributes of the spans beside those of the semantic conventions.
const (
	KeyTaskID         = attribute.Key("task.id")
	KeyTaskAction     = attribute.Key("task.action")
	KeyTaskStatus     = attribute.Key("task.status")
	KeyFailureSummary = attribute.Key("task.failure.summary")
)

// Tracer makes the spans of tasks. It is safe for concurrent use. A nil Tracer is one of the global provider.
type Tracer struct{ tracer trace.Tracer }

var global = New(nil)

// New returns a Tracer of the provider. nil stands for the global provider, even one that is set later.
func New(provider trace.TracerProvider) *Tracer {
	if provider == nil {
		provider = otel.GetTracerProvider()
	}
	return &Tracer{tracer: guardedTracer{provider.Tracer(scope)}}
}

func (t *Tracer) start(ctx context.Context, name string, kind trace.SpanKind, attributes ...attribute.KeyValue) (context.Context, trace.Span) {
	if t == nil {
		t = global
	}
	attributes = append(attributes, semconv.MessagingSystemKey.String(System))
	return t.tracer.Start(ctx, name, trace.WithSpanKind(kind), trace.WithAttributes(attributes...)) //nolint:spancheck // the callers end it
}

// Enqueue starts the span `ENQUEUE <action>`, in the returned context, and makes the task carry it. The function ends the span when the
// task is enqueued, or refused with an error.
func (t *Tracer) Enqueue(ctx context.Context, one *task.Task) (context.Context, func(error)) {
	ctx, span := t.start(ctx, "ENQUEUE "+one.Action, trace.SpanKindProducer,
		semconv.MessagingOperationName("enqueue"),
		semconv.MessagingOperationTypeSend,
		KeyTaskID.String(string(one.ID)),
		KeyTaskAction.String(one.Action),
	)
	inject(ctx, one)
	return ctx, func(err error) {
		if one.Queue != "" { // it is chosen on the way
			span.SetAttributes(semconv.MessagingDestinationName(one.Queue))
		}
		if err != nil {
			span.RecordError(err)
			span.SetStatus(codes.Error, err.Error())
		}
		span.End()
	}
}

// Process starts the span `PROCESS <action>` of one start of a task's action, in the returned context. The function ends it with what the
// action returned.
//
// The span continues the enqueuer's trace instead of being linked to it: a task is one message that one consumer processes, which is the case
// for which the messaging conventions allow it, and one trace then shows a task with all its children.
func (t *Tracer) Process(ctx context.Context, id task.ID, action, queue string) (context.Context, func(task.Report, error)) {
	ctx, span := t.start(ctx, "PROCESS "+action, trace.SpanKindConsumer,
		semconv.MessagingOperationName("process"),
		semconv.MessagingOperationTypeProcess,
		semconv.MessagingDestinationName(queue),
		KeyTaskID.String(string(id)),
		KeyTaskAction.String(action),
	)
	return ctx, func(report task.Report, err error) {
		if span.IsRecording() {
			tell(span, report, err, temporal.IsCanceledError(context.Cause(ctx)))
		}
		span.End()
	}
}

// tell sets how the action has ended.
func tell(span trace.Span, report task.Report, err error, cancelled bool) {
	if err == nil && !report.IsZero() {
		err = report.Validate()
	}
	status := report.Status()
	switch {
	case err != nil && cancelled:
		status = task.Cancelled
	case err != nil:
		report, status = task.Error("%s", err), task.Failed
	}
	span.SetAttributes(KeyTaskStatus.String(string(status)))
	if status == task.Failed {
		summary := summarize(errorMessages(report))
		span.SetAttributes(KeyFailureSummary.String(summary))
		span.SetStatus(codes.Error, summary)
	}
}
