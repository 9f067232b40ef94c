package tracing

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/trace"

	"github.com/distributed-task-queue/taskqueue/task"
)

const remote = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

func TestWhatCannotBeReadIsNoTrace(t *testing.T) {
	t.Parallel()
	for _, value := range []string{"", "nonsense", "00-00000000000000000000000000000000-0000000000000000-01"} {
		ctx := ContextOf(t.Context(), &task.Task{Metadata: task.Metadata{TraceParent: value, TraceState: "a=1"}})
		require.False(t, trace.SpanContextFromContext(ctx).IsValid(), value)
	}
}

func TestATaskOfAnUntracedEnqueuerCarriesNothing(t *testing.T) {
	t.Parallel()
	again := &task.Task{Metadata: task.Metadata{TraceParent: remote, TraceState: "a=1"}}
	_, end := (*Tracer)(nil).Enqueue(t.Context(), again)
	end(nil)
	require.Empty(t, again.TraceParent)
	require.Empty(t, again.TraceState)
}

// BenchmarkWithoutProvider is what tracing costs per task in a program that has no tracer provider, whether or not its enqueuer is traced.
func BenchmarkWithoutProvider(b *testing.B) {
	for name, ctx := range map[string]context.Context{
		"untraced": b.Context(),
		"remote":   ContextOf(b.Context(), &task.Task{Metadata: task.Metadata{TraceParent: remote}}),
	} {
		b.Run(name, func(b *testing.B) {
			tracer, one := New(nil), &task.Task{ID: task.NewID(), Action: "a", Metadata: task.Metadata{Queue: "q"}}
			report := task.Success("done")
			b.ReportAllocs()
			for b.Loop() {
				enqueued, end := tracer.Enqueue(ctx, one)
				end(nil)
				_, ended := tracer.Process(ContextOf(enqueued, one), one.ID, one.Action, one.Queue)
				ended(report, nil)
			}
		})
	}
}
