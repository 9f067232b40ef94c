package taskqueuetest

import (
	"context"
	"testing"

	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// withoutServer returns a connection that never dials: its calls are answered by noServer.
func withoutServer(t testing.TB, logger log.Logger) client.Client {
	t.Helper()
	connection, err := client.NewLazyClient(client.Options{
		HostPort: "passthrough:///taskqueuetest",
		Logger:   logger,
		ConnectionOptions: client.ConnectionOptions{
			DialOptions: []grpc.DialOption{grpc.WithChainUnaryInterceptor(noServer)},
		},
	})
	if err != nil {
		t.Fatalf("taskqueuetest: %v", err)
	}
	t.Cleanup(connection.Close)
	return connection
}

// unheard takes the signal that an action runs, which nobody waits for.
type unheard struct{ client.Client }

// SignalWorkflow does nothing.
func (unheard) SignalWorkflow(context.Context, string, string, string, any) error { return nil }

// noServer answers as a server that has no task.
func noServer(_ context.Context, method string, request, _ any, _ *grpc.ClientConn, _ grpc.UnaryInvoker, _ ...grpc.CallOption) error {
	switch request.(type) {
	case *workflowservice.GetSystemInfoRequest:
		return nil // no capabilities
	case *workflowservice.DescribeWorkflowExecutionRequest:
		return status.Error(codes.NotFound, "taskqueuetest has no task log")
	}
	return status.Errorf(codes.Unimplemented, "taskqueuetest has no server to answer %s; test this with a real one", method)
}
