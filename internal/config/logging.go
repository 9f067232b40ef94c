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
		return slog.New(handler{slog.NewJSONHandler(w, options)})
	}
	return slog.New(handler{slog.NewTextHandler(w, options)})
}

// nameTask calls the id of a workflow what it is here.
func nameTask(groups []string, a slog.Attr) slog.Attr {
	if a.Key == "WorkflowID" && len(groups) == 0 {
		a.Key = "task"
	}
	return a
}

// handler adds the span of the context to each line, and leaves out what is no news.
type handler struct{ slog.Handler }

func (h handler) Handle(ctx context.Context, r slog.Record) error {
	if isEndOfPoll(r) {
		return nil
	}
	if span := trace.SpanContextFromContext(ctx); span.IsValid() {
		r.AddAttrs(slog.String("trace_id", span.TraceID().String()), slog.String("span_id", span.SpanID().String()))
	}
	return h.Handler.Handle(ctx, r)
}

func (h handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return handler{h.Handler.WithAttrs(attrs)}
}

func (h handler) WithGroup(name string) slog.Handler { return handler{h.Handler.WithGroup(name)} }

// isEndOfPoll reports whether it is the SDK's warning that a poll has failed because its worker is being stopped.
func isEndOfPoll(r slog.Record) (is bool) {
	if r.Message != "Failed to poll for task." {
		return false
	}
	r.Attrs(func(a slog.Attr) bool {
		is = a.Key == "Error" && a.Value.String() == "worker stopping"
		return !is
	})
	return is
}
