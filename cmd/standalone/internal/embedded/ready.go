package embedded

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

// probeInterval is how often a service that does not answer yet is asked again.
const probeInterval = 20 * time.Millisecond

// awaitFrontend returns when the frontend and the history service answer and the
// namespace accepts all search attributes of config.
func awaitFrontend(ctx context.Context, address string, config Config) (err error) {
	connection, err := grpc.NewClient(address,
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithUnaryInterceptor(serviceErrors))
	if err != nil {
		return fmt.Errorf("connect to the Temporal server: %w", err)
	}
	defer func() { err = errors.Join(err, connection.Close()) }()
	service := workflowservice.NewWorkflowServiceClient(connection)

	conditions := make([]string, 0, len(config.SearchAttributes))
	for _, name := range slices.Sorted(maps.Keys(config.SearchAttributes)) {
		conditions = append(conditions, fmt.Sprintf("`%s` IS NULL", name))
	}
	err = poll(ctx, func(ctx context.Context) error {
		// A workflow that does not exist: only the history service knows that.
		_, err := service.DescribeWorkflowExecution(ctx, &workflowservice.DescribeWorkflowExecutionRequest{
			Namespace: config.Namespace,
			Execution: &commonpb.WorkflowExecution{WorkflowId: "taskqueue-readiness-probe"},
		})
		if notFound := (*serviceerror.NotFound)(nil); err != nil && !errors.As(err, &notFound) {
			return err
		}
		_, err = service.CountWorkflowExecutions(ctx, &workflowservice.CountWorkflowExecutionsRequest{
			Namespace: config.Namespace,
			Query:     strings.Join(conditions, " AND "),
		})
		return err
	})
	if err != nil {
		return fmt.Errorf("the Temporal server does not answer: %w", err)
	}
	return nil
}

// serviceErrors turns gRPC statuses into Temporal's typed errors.
func serviceErrors(ctx context.Context, method string, request, reply any, connection *grpc.ClientConn, invoke grpc.UnaryInvoker, options ...grpc.CallOption) error {
	return serviceerror.FromStatus(serviceerror.ToStatus(invoke(ctx, method, request, reply, connection, options...)))
}

// poll calls probe until it succeeds. When ctx ends before that, the last error
// of the probe is part of the result.
func poll(ctx context.Context, probe func(context.Context) error) error {
	ticker := time.NewTicker(probeInterval)
	defer ticker.Stop()
	for {
		err := probe(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return errors.Join(context.Cause(ctx), err)
		case <-ticker.C:
		}
	}
}
