package visibility_test

import (
	"context"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/grpc"

	broker "github.com/distributed-task-queue/taskqueue/broker/temporal"
	"github.com/distributed-task-queue/taskqueue/internal/temporaltest"
	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/tasklog"
	"github.com/distributed-task-queue/taskqueue/tasklog/visibility"
)

// owners is what a query says of owners.
var owners = regexp.MustCompile(`TaskOwner (=|IN|NOT IN) \(?('[^']*'(, '[^']*')*)\)?`)

// asMySQL makes a server take owners for equal that differ in case, as one on MySQL does, and say that it is on that.
func asMySQL(
	ctx context.Context, method string, request, reply any, connection *grpc.ClientConn, invoke grpc.UnaryInvoker, o ...grpc.CallOption,
) error {
	fold := func(query string) string {
		return owners.ReplaceAllStringFunc(query, func(term string) string {
			parts := owners.FindStringSubmatch(term)
			return "TaskOwner " + strings.Replace(parts[1], "=", "IN", 1) + " (" + strings.ToLower(parts[2]) + ", " + strings.ToUpper(parts[2]) + ")"
		})
	}
	switch request := request.(type) {
	case *workflowservice.ListWorkflowExecutionsRequest:
		request.Query = fold(request.GetQuery())
	case *workflowservice.CountWorkflowExecutionsRequest:
		request.Query = fold(request.GetQuery())
	}
	err := invoke(ctx, method, request, reply, connection, o...)
	if info, ok := reply.(*workflowservice.GetClusterInfoResponse); ok {
		info.VisibilityStore = "mysql8"
	}
	return err
}

// No task of ALICE is in what alice sees, nor is it missing from what is not hers.
func TestAStoreThatTakesOwnersForEqualThatAreNot(t *testing.T) {
	t.Parallel()
	c, err := client.Dial(client.Options{
		HostPort: temporaltest.Server().Address, Namespace: temporaltest.Namespace,
		ConnectionOptions: client.ConnectionOptions{DialOptions: []grpc.DialOption{grpc.WithChainUnaryInterceptor(asMySQL)}},
	})
	require.NoError(t, err)
	t.Cleanup(c.Close)
	queue := temporaltest.UniqueName(t)
	for i, owner := range []string{"alice", "ALICE", "alice", "bob"} {
		one := &task.Task{ID: task.NewID(), Action: "a", Parameters: task.EmptyParameters}
		one.Owner, one.Category = owner, task.CategoryImport
		one.Queue, one.CreatedAt = queue, time.Now().UTC().Add(time.Duration(i)*time.Second)
		require.NoError(t, broker.New(c).Enqueue(t.Context(), one))
	}
	engine := visibility.New(visibility.Config{Client: c, Namespace: temporaltest.Namespace})
	all := func() *tasklog.Filter { return tasklog.NewFilter().Eq(tasklog.Queue, queue) }
	require.Eventually(t, func() bool {
		n, err := engine.Count(t.Context(), all())
		require.NoError(t, err)
		return n == 4
	}, 30*time.Second, 50*time.Millisecond)

	for _, tt := range []struct {
		filter *tasklog.Filter
		want   []string
	}{
		{all().Eq(tasklog.Owner, "alice"), []string{"alice", "alice"}},
		{all().In(tasklog.Owner, []string{"alice", "BOB"}), []string{"alice", "alice"}},
		{all().Neq(tasklog.Owner, "alice"), []string{"ALICE", "bob"}},
		{all().NotIn(tasklog.Owner, []string{"alice"}), []string{"ALICE", "bob"}},
	} {
		page, err := engine.Search(t.Context(), tt.filter.Clone().SortBy(tasklog.Owner).Limit(10).WithTotal())
		require.NoError(t, err)
		var found []string
		for _, e := range page.Tasks {
			found = append(found, e.Owner)
		}
		require.Equal(t, tt.want, found)
		require.EqualValues(t, len(tt.want), page.Total)
		n, err := engine.Count(t.Context(), tt.filter)
		require.NoError(t, err)
		require.EqualValues(t, len(tt.want), n)
		for _, by := range []tasklog.Column{tasklog.Category, tasklog.Status, tasklog.Owner} {
			groups, err := engine.Group(t.Context(), tt.filter, tasklog.Grouping{By: by, Top: 10})
			require.NoError(t, err)
			total := int64(0)
			for _, g := range groups.Groups {
				total += g.Count
			}
			require.EqualValues(t, len(tt.want), total, by)
		}
	}
}
