package tracing

import (
	"context"
	"fmt"
	"slices"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/codes"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"
)

// guardedTracer makes spans that cannot harm what they trace.
type guardedTracer struct{ trace.Tracer }

// Start starts a span. If that panics, the trace goes on without it.
func (t guardedTracer) Start(ctx context.Context, name string, options ...trace.SpanStartOption) (started context.Context, span trace.Span) {
	defer func() {
		if cause := recover(); cause != nil {
			handle(cause)
			started, span = noop.Tracer{}.Start(ctx, name)
		}
	}()
	started, span = t.Tracer.Start(ctx, name, options...)
	if !span.IsRecording() {
		return started, span
	}
	span = guardedSpan{span}
	return trace.ContextWithSpan(started, span), span
}

// guardedSpan survives its processors, which are called when it ends, and tells no e-mail addresses.
type guardedSpan struct{ trace.Span }

// End ends the span.
func (s guardedSpan) End(options ...trace.SpanEndOption) {
	defer func() {
		if cause := recover(); cause != nil {
			handle(cause)
		}
	}()
	s.Span.End(options...)
}

// SetStatus sets the span's status.
func (s guardedSpan) SetStatus(code codes.Code, description string) {
	s.Span.SetStatus(code, summarize([]string{description}))
}

// RecordError adds the event that the conventions name for an error.
func (s guardedSpan) RecordError(err error, options ...trace.EventOption) {
	if err == nil {
		return
	}
	s.AddEvent(semconv.ExceptionEventName, append(slices.Clip(options), trace.WithAttributes(
		semconv.ExceptionType(fmt.Sprintf("%T", err)), semconv.ExceptionMessage(summarize([]string{err.Error()}))))...)
}

func handle(cause any) { otel.Handle(fmt.Errorf("tracing a task panicked: %v", cause)) }
