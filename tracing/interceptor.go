package tracing

import (
	"go.opentelemetry.io/otel/trace"
	"go.temporal.io/sdk/contrib/opentelemetry"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/workflow"

	"github.com/distributed-task-queue/taskqueue/task"
)

// headerKey is where Temporal's SDKs, in all languages, keep the trace in their headers.
const headerKey = "_tracer-data"

// newInterceptor returns the SDK's own interceptor. Signals, queries and updates are how a task's parts talk to each other; they
// would only be noise. Baggage is left out because headers are kept in the histories.
func newInterceptor(provider trace.TracerProvider) (interceptor.Interceptor, error) {
	return opentelemetry.NewTracingInterceptor(opentelemetry.TracerOptions{
		Tracer:                  New(provider).tracer,
		TextMapPropagator:       w3c,
		HeaderKey:               headerKey,
		DisableSignalTracing:    true,
		DisableQueryTracing:     true,
		DisableUpdateTracing:    true,
		DisableBaggage:          true,
		AllowInvalidParentSpans: true, // a header that cannot be read must not fail a task
	})
}

// ClientInterceptor returns an interceptor for client.Options, which makes the spans `StartWorkflow:Task`. Traces are whole without
// it. nil stands for the global provider.
//
// It is not passed on to the workers of that client, as the SDK's own would be: they have WorkerInterceptor.
func ClientInterceptor(provider trace.TracerProvider) (interceptor.ClientInterceptor, error) {
	sdk, err := newInterceptor(provider)
	return &clientInterceptor{next: sdk}, err
}

type clientInterceptor struct {
	interceptor.ClientInterceptorBase

	next interceptor.ClientInterceptor
}

// InterceptClient intercepts calls of a client.
func (i *clientInterceptor) InterceptClient(next interceptor.ClientOutboundInterceptor) interceptor.ClientOutboundInterceptor {
	return i.next.InterceptClient(next)
}

// WorkerInterceptor returns an interceptor for worker.Options of the SDK, which makes the spans of workflows and activities and
// carries the trace from one to the other. Every worker of this module has it. nil stands for the global provider.
func WorkerInterceptor(provider trace.TracerProvider) (interceptor.WorkerInterceptor, error) {
	sdk, err := newInterceptor(provider)
	return &workerInterceptor{WorkerInterceptor: sdk}, err
}

type workerInterceptor struct{ interceptor.WorkerInterceptor }

// InterceptWorkflow intercepts a workflow.
func (i *workerInterceptor) InterceptWorkflow(
	ctx workflow.Context, next interceptor.WorkflowInboundInterceptor,
) interceptor.WorkflowInboundInterceptor {
	w := &workflowInterceptor{}
	w.Next = i.WorkerInterceptor.InterceptWorkflow(ctx, next)
	return w
}

// workflowInterceptor gives a workflow that was started without a header the trace that its task carries: whoever started it need not
// know of tracing.
type workflowInterceptor struct {
	interceptor.WorkflowInboundInterceptorBase
}

// ExecuteWorkflow runs the workflow. What is added depends on the workflow's input alone, so a replay does the same.
func (w *workflowInterceptor) ExecuteWorkflow(ctx workflow.Context, in *interceptor.ExecuteWorkflowInput) (any, error) {
	header := interceptor.WorkflowHeader(ctx)
	if _, given := header[headerKey]; !given && len(in.Args) == 1 {
		t, _ := in.Args[0].(task.Task)
		payload, err := converter.GetDefaultDataConverter().ToPayload(fieldsOf(t))
		if err == nil && t.TraceParent != "" {
			header[headerKey] = payload
		}
	}
	return w.Next.ExecuteWorkflow(ctx, in)
}
