// Package tracing makes OpenTelemetry spans of tasks, and carries the trace of whoever enqueued a task through it to the children
// that its action enqueues.
//
// A task carries its trace as W3C trace context, in task.Metadata. Without a tracer provider no spans are made, but the trace context of
// an enqueuer still reaches the action and its children. Tracing never changes what becomes of a task: a panic in a span processor
// or in an exporter that it calls goes to OpenTelemetry's error handler.
package tracing
