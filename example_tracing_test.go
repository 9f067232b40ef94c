package taskqueue_test

import (
	"context"
	"fmt"
	"log"

	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/interceptor"

	taskqueue "github.com/distributed-task-queue/taskqueue"
	"github.com/distributed-task-queue/taskqueue/internal/temporaltest"
	"github.com/distributed-task-queue/taskqueue/tracing"
)

// Traces go to the provider that the client is given: here one that keeps its spans in memory.
func ExampleConfig_tracerProvider() {
	ctx := context.Background()
	memory := tracetest.NewInMemoryExporter()
	provider := trace.NewTracerProvider(trace.WithSyncer(memory))

	address := temporaltest.Server().Address // yours is 127.0.0.1:7233, or what TEMPORAL_ADDRESS says

	spans, err := tracing.ClientInterceptor(provider) // optional: the spans StartWorkflow:Task
	if err != nil {
		log.Fatal(err)
	}
	connection, err := client.DialContext(ctx, client.Options{HostPort: address, Interceptors: []interceptor.ClientInterceptor{spans}})
	if err != nil {
		log.Fatal(err)
	}
	tasks, err := taskqueue.New(taskqueue.Config{Temporal: connection, TracerProvider: provider})
	if err != nil {
		log.Fatal(err)
	}
	created, err := tasks.Enqueue(ctx, Greet{Name: "Ada"}, "Greet Ada") // there is no worker, so it waits
	if err != nil {
		log.Fatal(err)
	}
	for _, span := range memory.GetSpans() {
		fmt.Println(span.Name, span.SpanKind)
	}
	fmt.Println("the task carries the trace:", created.TraceParent != "")
	// Output:
	// StartWorkflow:Task client
	// ENQUEUE greet producer
	// the task carries the trace: true
}
