package setup

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"

	"github.com/distributed-task-queue/taskqueue/internal/attribute"
	"github.com/distributed-task-queue/taskqueue/internal/temporaltest"
)

func TestMain(m *testing.M) { temporaltest.Main(m) }

// dialNew returns a client for a namespace that does not exist.
func dialNew(t *testing.T) (client.Client, string) {
	t.Helper()
	namespace := strings.ToLower(temporaltest.UniqueName(t))
	c, err := client.Dial(client.Options{
		HostPort: temporaltest.Server().Address, Namespace: namespace,
		Logger: log.NewStructuredLogger(temporaltest.Logger(t)),
	})
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c, namespace
}

func TestRunSetsUpANewNamespaceAndMayRunAgain(t *testing.T) {
	t.Parallel()
	c, namespace := dialNew(t)
	var told []string
	initialized := 0
	options := Options{
		Retention:  48 * time.Hour,
		Progress:   func(s string) { told = append(told, s) },
		Initialize: func(context.Context) error { initialized++; return nil },
	}
	require.NoError(t, Run(t.Context(), c, namespace, options))
	require.Len(t, told, 4)
	require.Contains(t, told[0], "is registered")
	require.Contains(t, told[1], "TaskCategory, TaskCreatedAt")
	require.Equal(t, 1, initialized)

	described, err := c.WorkflowService().DescribeNamespace(t.Context(), &workflowservice.DescribeNamespaceRequest{Namespace: namespace})
	require.NoError(t, err)
	require.Equal(t, 48*time.Hour, described.GetConfig().GetWorkflowExecutionRetentionTtl().AsDuration())
	registered, err := c.OperatorService().ListSearchAttributes(t.Context(), &operatorservice.ListSearchAttributesRequest{Namespace: namespace})
	require.NoError(t, err)
	require.Equal(t, attribute.Types(), registered.GetCustomAttributes())

	told = nil
	require.NoError(t, Run(t.Context(), c, namespace, options))
	require.Contains(t, told[0], "exists")
	require.Contains(t, told[1], "exist")
	require.Equal(t, 2, initialized)

	require.Eventually(t, func() bool {
		count, err := c.CountWorkflow(t.Context(), &workflowservice.CountWorkflowExecutionsRequest{Query: "ExecutionStatus = 'Running'"})
		return err == nil && count.GetCount() == 0
	}, 2*time.Minute, 50*time.Millisecond, "a probe is left")
}

func TestRunRefusesAnAttributeOfAnotherType(t *testing.T) {
	t.Parallel()
	c, namespace := dialNew(t)
	s := &setup{client: c, namespace: namespace, options: Options{}.withDefaults()}
	require.NoError(t, s.registerNamespace(t.Context()))
	err := poll(t.Context(), DefaultTimeout, isNamespaceNotFound, func(ctx context.Context) error {
		_, err := c.OperatorService().AddSearchAttributes(ctx, &operatorservice.AddSearchAttributesRequest{
			Namespace:        namespace,
			SearchAttributes: map[string]enumspb.IndexedValueType{"TaskOwner": enumspb.INDEXED_VALUE_TYPE_INT},
		})
		return err
	})
	require.NoError(t, err)

	err = Run(t.Context(), c, namespace, Options{})
	var conflict *TypeConflictError
	require.ErrorAs(t, err, &conflict)
	require.Equal(t, []TypeConflict{{
		Name: "TaskOwner", Have: enumspb.INDEXED_VALUE_TYPE_INT, Want: enumspb.INDEXED_VALUE_TYPE_KEYWORD,
	}}, conflict.Conflicts)
	require.ErrorContains(t, err, "TaskOwner has the type Int but must have Keyword")
}

func TestRunReportsAFailedInitialize(t *testing.T) {
	t.Parallel()
	broken := errors.New("no table")
	err := Run(t.Context(), temporaltest.Dial(t), temporaltest.Namespace, Options{
		Initialize: func(context.Context) error { return broken },
	})
	require.ErrorIs(t, err, broken)
	require.ErrorContains(t, err, "initialize the queues")
}

func TestPollGivesUp(t *testing.T) {
	t.Parallel()
	refused := &serviceerror.InvalidArgument{Message: "no mapping"}
	err := poll(t.Context(), time.Millisecond, isNotAcceptedYet, func(context.Context) error { return refused })
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.ErrorContains(t, err, "no mapping")
}
