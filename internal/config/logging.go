package config

import (
	"context"
	"io"
	"log/slog"

	"go.opentelemetry.io/otel/trace"
)

// NewLogger returns the logger that the configuration asks for. Lines that are about a task have its id as "task", also those of Temporal's SDK;
// those of a span have its "trace_id" and "span_id".
func (l Logging) NewLogger(w io.Writer) *slog.Logger {
	options := &slog.HandlerOptions{Level: l.Level, ReplaceAttr: nameTask}
	if l.Format == FormatJSON {
		return slog.New(traced{slog.NewJSONHandler(w, options)})
	}
	return slog.New(traced{slog.NewTextHandler(w, options)})
}

// nameTask calls the id of a workflow what it is here.
func nameTask(groups []string, a slog.Attr) slog.Attr {
	if a.Key == "WorkflowID" && len(groups) == 0 {
		a.Key = "task"
	}
	return a
}

// traced adds the span of the context to each line.
type traced struct{ slog.Handler }

func (h traced) Handle(ctx context.Context, r slog.Record) error {
	if span := trace.SpanContextFromContext(ctx); span.IsValid() {
		r.AddAttrs(slog.String("trace_id", span.TraceID().String()), slog.String("span_id", span.SpanID().String()))
	}
	return h.Handler.Handle(ctx, r)
}

func (h traced) WithAttrs(attrs []slog.Attr) slog.Handler { return traced{h.Handler.WithAttrs(attrs)} }

func (h traced) WithGroup(name string) slog.Handler { return traced{h.Handler.WithGroup(name)} }
