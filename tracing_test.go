package taskqueue_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/interceptor"
	sdkworker "go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	taskqueue "github.com/distributed-task-queue/taskqueue"
	"github.com/distributed-task-queue/taskqueue/activities"
	broker "github.com/distributed-task-queue/taskqueue/broker/temporal"
	"github.com/distributed-task-queue/taskqueue/internal/temporaltest"
	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/tracing"
	"github.com/distributed-task-queue/taskqueue/workflows"
)

// spans are those that a test's provider has got.
type spans struct{ exporter *tracetest.InMemoryExporter }

// newSpans returns a provider that records into spans.
func newSpans(t *testing.T, more ...sdktrace.SpanProcessor) (*spans, *sdktrace.TracerProvider) {
	t.Helper()
	s := &spans{exporter: tracetest.NewInMemoryExporter()}
	options := []sdktrace.TracerProviderOption{sdktrace.WithSyncer(s.exporter)}
	for _, processor := range more {
		options = append(options, sdktrace.WithSpanProcessor(processor))
	}
	provider := sdktrace.NewTracerProvider(options...)
	t.Cleanup(func() { require.NoError(t, provider.Shutdown(context.WithoutCancel(t.Context()))) })
	return s, provider
}

// await returns the span of this name for the task, when it has ended.
func (s *spans) await(t *testing.T, name string, id task.ID) tracetest.SpanStub {
	t.Helper()
	var found tracetest.SpanStub
	require.Eventually(t, func() bool {
		all := s.exporter.GetSpans()
		i := slices.IndexFunc(all, func(span tracetest.SpanStub) bool {
			of := attributes(span)
			return span.Name == name && (of["task.id"] == string(id) || of["temporalWorkflowID"] == string(id))
		})
		if i >= 0 {
			found = all[i]
		}
		return i >= 0
	}, patience, 10*time.Millisecond, "%s of %s", name, id)
	return found
}

// descent returns the names of the span's ancestors, the nearest first, as far as they were recorded here.
func (s *spans) descent(span tracetest.SpanStub) []string {
	var names []string
	all := s.exporter.GetSpans()
	for {
		i := slices.IndexFunc(all, func(of tracetest.SpanStub) bool { return of.SpanContext.SpanID() == span.Parent.SpanID() })
		if i < 0 {
			return names
		}
		span = all[i]
		names = append(names, span.Name)
	}
}

func attributes(span tracetest.SpanStub) map[string]string {
	of := map[string]string{}
	for _, a := range span.Attributes {
		of[string(a.Key)] = a.Value.String()
	}
	return of
}

// traced returns a client whose action "parent" enqueues a child, "fast" runs beside its workflow and "seen" tells its trace.
func traced(t *testing.T, provider trace.TracerProvider, clientToo bool) *bundle {
	t.Helper()
	b := setup(t, func(c *taskqueue.Config) {
		c.TracerProvider = provider
		if clientToo {
			intercepted, err := tracing.ClientInterceptor(provider)
			require.NoError(t, err)
			c.Temporal, err = client.NewClientFromExisting(c.Temporal, client.Options{
				Namespace: temporaltest.Namespace, Interceptors: []interceptor.ClientInterceptor{intercepted},
			})
			require.NoError(t, err)
			t.Cleanup(c.Temporal.Close)
		}
	})
	seen := func(ctx context.Context, _ json.RawMessage) (task.Report, error) {
		return task.Success("seen").WithData(traceParentOf(ctx)), nil
	}
	add := func(a taskqueue.Action) { require.NoError(t, b.client.Actions().Add(a)) }
	add(taskqueue.Action{Name: "seen", Run: seen})
	add(taskqueue.Action{Name: "fast", Run: seen, Policy: task.Policy{Attempts: 2, Fast: true}})
	add(taskqueue.Action{Name: "parent", Run: func(ctx context.Context, _ json.RawMessage) (task.Report, error) {
		child, err := b.client.CreateTask(ctx, "seen", nil, "", &taskqueue.Options{ParentID: taskqueue.TaskID(ctx)})
		if err != nil {
			return task.Report{}, err
		}
		return task.Success("one child").WithData(child.ID), nil
	}})
	b.work(t)
	return b
}

func traceParentOf(ctx context.Context) string {
	carrier := propagation.MapCarrier{}
	propagation.TraceContext{}.Inject(ctx, carrier)
	return carrier.Get("traceparent")
}

func (b *bundle) create(ctx context.Context, t *testing.T, action string) *task.Task {
	t.Helper()
	created, err := b.client.CreateTask(ctx, action, nil, "", nil)
	require.NoError(t, err)
	return created
}

func TestATraceGoesFromTheEnqueuerToTheChildren(t *testing.T) {
	recorded, provider := newSpans(t)
	b := traced(t, provider, true)
	ctx, root := provider.Tracer("test").Start(t.Context(), "root")
	parent := b.create(ctx, t, "parent")
	root.End()
	done := b.closed(t, parent.ID)
	require.Equal(t, task.Completed, done.Status)
	child := task.ID(done.Report.Children[0].Data.(string))
	recorded.await(t, "RunWorkflow:Task", child)
	recorded.await(t, "RunWorkflow:Task", parent.ID)

	toTheAction := func(action string) []string {
		return []string{"RunActivity:" + action, "StartActivity:" + action, "RunWorkflow:Task", "StartWorkflow:Task", "ENQUEUE " + action}
	}
	process := recorded.await(t, "PROCESS seen", child)
	toTheParent := append(toTheAction("parent"), "root")
	require.Equal(t, slices.Concat(toTheAction("seen"), []string{"PROCESS parent"}, toTheParent), recorded.descent(process))
	require.Equal(t, root.SpanContext().TraceID(), process.SpanContext.TraceID())

	enqueue := recorded.await(t, "ENQUEUE parent", parent.ID)
	require.Equal(t, root.SpanContext().SpanID(), enqueue.Parent.SpanID())
	require.Equal(t, trace.SpanKindProducer, enqueue.SpanKind)
	require.Equal(t, map[string]string{
		"messaging.system": "taskqueue", "messaging.operation.name": "enqueue", "messaging.operation.type": "send",
		"messaging.destination.name": parent.Queue, "task.id": string(parent.ID), "task.action": "parent",
	}, attributes(enqueue))
	require.Contains(t, parent.TraceParent, enqueue.SpanContext.SpanID().String())

	require.Equal(t, trace.SpanKindConsumer, process.SpanKind)
	require.Equal(t, codes.Unset, process.Status.Code)
	require.Equal(t, map[string]string{
		"messaging.system": "taskqueue", "messaging.operation.name": "process", "messaging.operation.type": "process",
		"messaging.destination.name": done.Queue, "task.id": string(child), "task.action": "seen", "task.status": "completed",
	}, attributes(process))
}

func TestATraceIsWholeWithoutTheClientsInterceptor(t *testing.T) {
	recorded, provider := newSpans(t)
	b := traced(t, provider, false)
	created := b.create(t.Context(), t, "fast")
	done := b.closed(t, created.ID)
	process := recorded.await(t, "PROCESS fast", created.ID)
	recorded.await(t, "RunWorkflow:Task", created.ID)
	require.Equal(t, []string{
		"RunActivity:taskqueue.runHere", "StartActivity:taskqueue.runHere", "RunWorkflow:Task", "ENQUEUE fast",
	}, recorded.descent(process))
	require.Contains(t, done.Report.Children[0].Data, process.SpanContext.SpanID().String(), "the action runs in its span")
}

func TestATaskThatIsStartedLaterKeepsItsTrace(t *testing.T) {
	recorded, provider := newSpans(t)
	b := traced(t, provider, true)
	stored := &task.Task{ID: task.NewID(), Action: "seen", Parameters: task.EmptyParameters}
	stored.Queue, stored.CreatedAt = b.prefix+"-bulk", time.Now().UTC().Truncate(time.Millisecond)
	ctx, end := tracing.New(provider).Enqueue(t.Context(), stored)
	end(nil)
	encoded, err := json.Marshal(stored)
	require.NoError(t, err)

	var relayed task.Task
	require.NoError(t, json.Unmarshal(encoded, &relayed))
	intercepted, err := tracing.ClientInterceptor(provider)
	require.NoError(t, err)
	relay, err := client.NewClientFromExisting(temporaltest.Dial(t), client.Options{
		Namespace: temporaltest.Namespace, Interceptors: []interceptor.ClientInterceptor{intercepted},
	})
	require.NoError(t, err)
	t.Cleanup(relay.Close)
	ofRelay, span := provider.Tracer("test").Start(t.Context(), "relay")
	require.NoError(t, broker.New(relay).Enqueue(ofRelay, &relayed))
	span.End()
	b.closed(t, stored.ID)
	process := recorded.await(t, "PROCESS seen", stored.ID)
	recorded.await(t, "RunWorkflow:Task", stored.ID)
	require.Equal(t, trace.SpanContextFromContext(ctx).TraceID(), process.SpanContext.TraceID())
	require.Equal(t, "ENQUEUE seen", recorded.descent(process)[4])
}

func TestFailedTasksAreToldWithoutAddresses(t *testing.T) {
	recorded, provider := newSpans(t)
	b := traced(t, provider, true)
	for name, run := range map[string]activities.Func{
		"returns": func(context.Context, json.RawMessage) (task.Report, error) {
			return task.Report{}, errors.New("no mailbox ada.lovelace@example.org")
		},
		"reports": func(context.Context, json.RawMessage) (task.Report, error) {
			return task.Info("three mails").Add(task.Success("bob@example.org"), task.Error("first").Add(task.Error("to <ada@example.org>"))), nil
		},
		"panics":  func(context.Context, json.RawMessage) (task.Report, error) { panic("for eve@example.org") },
		"invalid": func(context.Context, json.RawMessage) (task.Report, error) { return task.Report{Type: "bad"}, nil },
	} {
		require.NoError(t, b.client.Actions().Add(taskqueue.Action{Name: name, Run: run}))
	}
	for name, summary := range map[string]string{
		"returns": "no mailbox [e-mail]", "reports": "first | to <[e-mail]>", "panics": "the action panicked",
		"invalid": `report type "bad" is not valid; valid are info, success, warning and error`,
	} {
		created := b.create(t.Context(), t, name)
		require.Equal(t, task.Failed, b.closed(t, created.ID).Status)
		process := recorded.await(t, "PROCESS "+name, created.ID)
		require.Equal(t, codes.Error, process.Status.Code)
		require.Equal(t, summary, process.Status.Description)
		require.Equal(t, "failed", attributes(process)["task.status"])
		require.Equal(t, summary, attributes(process)["task.failure.summary"])
		require.Equal(t, codes.Error, recorded.await(t, "RunWorkflow:Task", created.ID).Status.Code)
	}
	for _, span := range recorded.exporter.GetSpans() {
		encoded, err := json.Marshal([]any{span.Name, attributes(span), span.Status, eventAttributes(span)})
		require.NoError(t, err)
		require.NotContains(t, string(encoded), "@example.org")
	}
	_, err := b.client.CreateTask(t.Context(), "seen", nil, strings.Repeat("x", 256), &taskqueue.Options{ID: task.ID(b.prefix)})
	require.Error(t, err)
	require.Equal(t, codes.Error, recorded.await(t, "ENQUEUE seen", task.ID(b.prefix)).Status.Code, "a refused task")
}

func eventAttributes(span tracetest.SpanStub) (all []attribute.KeyValue) {
	for _, event := range span.Events {
		all = append(all, event.Attributes...)
	}
	return all
}

func TestATraceParentReachesTheActionWithoutProvider(t *testing.T) {
	const remote = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
	for name, provider := range map[string]trace.TracerProvider{"global": nil, "noop": noop.NewTracerProvider()} {
		t.Run(name, func(t *testing.T) {
			b := traced(t, provider, name == "noop")
			ctx := propagation.TraceContext{}.Extract(t.Context(), propagation.MapCarrier{"traceparent": remote})
			for _, action := range []string{"seen", "fast"} {
				done := b.closed(t, b.create(ctx, t, action).ID)
				require.Equal(t, task.Completed, done.Status)
				require.Equal(t, remote, done.Report.Children[0].Data)
				untraced := b.closed(t, b.create(t.Context(), t, action).ID)
				require.Empty(t, untraced.Report.Children[0].Data)
			}
			parent := b.closed(t, b.create(ctx, t, "parent").ID)
			child := b.closed(t, task.ID(parent.Report.Children[0].Data.(string)))
			require.Equal(t, remote, child.Report.Children[0].Data)
		})
	}
}

// panicking is a processor, and so an exporter, that panics.
type panicking struct{ sdktrace.SpanProcessor }

func (panicking) OnStart(context.Context, sdktrace.ReadWriteSpan) { panic("on start") }

type panickingAtTheEnd struct{ sdktrace.SpanProcessor }

func (panickingAtTheEnd) OnEnd(sdktrace.ReadOnlySpan) { panic("on end") }

func TestTracingThatPanicsChangesNothing(t *testing.T) {
	quiet := sdktrace.NewSimpleSpanProcessor(tracetest.NewInMemoryExporter())
	for name, processor := range map[string]sdktrace.SpanProcessor{"start": panicking{quiet}, "end": panickingAtTheEnd{quiet}} {
		t.Run(name, func(t *testing.T) {
			_, provider := newSpans(t, processor)
			b := traced(t, provider, true)
			for _, action := range []string{"seen", "fast", "parent"} {
				require.Equal(t, task.Completed, b.closed(t, b.create(t.Context(), t, action).ID).Status)
			}
		})
	}
}

func TestTracedHistoriesReplayWithAndWithoutTracing(t *testing.T) {
	_, provider := newSpans(t)
	b := traced(t, provider, true)
	c := temporaltest.Dial(t)
	intercepted, err := tracing.WorkerInterceptor(provider)
	require.NoError(t, err)
	for _, action := range []string{"seen", "fast", "parent"} {
		created := b.create(t.Context(), t, action)
		b.closed(t, created.ID)
		var history historypb.History
		events := c.GetWorkflowHistory(t.Context(), string(created.ID), "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
		for events.HasNext() {
			event, err := events.Next()
			require.NoError(t, err)
			history.Events = append(history.Events, event)
		}
		require.Contains(t, history.GetEvents()[0].GetWorkflowExecutionStartedEventAttributes().GetHeader().GetFields(), "_tracer-data")
		for _, interceptors := range [][]interceptor.WorkerInterceptor{nil, {intercepted}} {
			replayer, err := sdkworker.NewWorkflowReplayerWithOptions(sdkworker.WorkflowReplayerOptions{Interceptors: interceptors})
			require.NoError(t, err)
			replayer.RegisterWorkflowWithOptions(new(workflows.Workflows).Task, workflow.RegisterOptions{Name: workflows.TypeTask})
			require.NoError(t, replayer.ReplayWorkflowHistory(nil, &history), action)
		}
	}
}
