// Package queueadmin shows the queues as operators see them, and pauses them for all workers. The API, the command line and the
// worker share it.
package queueadmin

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"golang.org/x/sync/errgroup"
	"google.golang.org/protobuf/proto"

	"github.com/distributed-task-queue/taskqueue/broker"
	"github.com/distributed-task-queue/taskqueue/broker/temporal"
	"github.com/distributed-task-queue/taskqueue/dispatcher"
)

// Queue is a queue as operators see it.
type Queue struct {
	Name         string   `json:"name"`
	Weight       int      `json:"weight"` // its share of a worker's attention
	Broker       string   `json:"broker"`
	Default      bool     `json:"default"`      // actions without association go here
	Waiting      int64    `json:"waiting"`      // about how many tasks wait, in the broker's store and in Temporal
	Stored       int64    `json:"stored"`       // how many of them wait in the broker's store for a relay
	Rejected     int64    `json:"rejected"`     // how many messages the broker has set aside, because no task can be made of them
	Error        string   `json:"error"`        // why the broker's store does not answer; then Stored and Rejected are 0, and not counted in Waiting
	Paused       bool     `json:"paused"`       // no worker gets its tasks
	PauseReason  string   `json:"pauseReason"`  // what was said when it was paused
	Associations []string `json:"associations"` // the actions whose tasks go here, sorted
	Traffic
	Workers []Worker `json:"workers"` // those that have asked for tasks lately, sorted by identity
}

// Admin is safe for concurrent use.
type Admin struct {
	client     client.Client
	namespace  string
	dispatcher *dispatcher.Dispatcher
}

// New returns an Admin of the dispatcher's queues. The client is connected to the namespace of their tasks.
func New(c client.Client, namespace string, d *dispatcher.Dispatcher) *Admin {
	return &Admin{client: c, namespace: namespace, dispatcher: d}
}

const (
	listConcurrency = 8
	// storeTimeout is how long a store may take to answer. Others must not wait for one that does not.
	storeTimeout = 3 * time.Second
)

// List returns the queues in the order in which they were configured.
func (a *Admin) List(ctx context.Context) ([]Queue, error) {
	queues := a.dispatcher.Queues()
	all := make([]Queue, len(queues))
	describing, ctx := errgroup.WithContext(ctx)
	describing.SetLimit(listConcurrency)
	for i, q := range queues {
		describing.Go(func() (err error) {
			all[i], err = a.describe(ctx, q)
			return err
		})
	}
	if err := describing.Wait(); err != nil {
		return nil, err
	}
	return all, nil
}

// Get returns one queue; the error is a *dispatcher.UnknownQueueError if there is none of that name.
func (a *Admin) Get(ctx context.Context, name string) (Queue, error) {
	q, err := a.dispatcher.Queue(name)
	if err != nil {
		return Queue{}, err
	}
	return a.describe(ctx, q)
}

func (a *Admin) describe(ctx context.Context, q dispatcher.Queue) (Queue, error) {
	waiting, err := temporal.New(a.client).Count(ctx, q.Name)
	if err != nil {
		return Queue{}, err
	}
	backlog, problem := stored(ctx, q)
	if err := ctx.Err(); err != nil {
		return Queue{}, err
	}
	actions, err := describe(ctx, a.client, a.namespace, q.Name, enumspb.TASK_QUEUE_TYPE_ACTIVITY)
	if err != nil {
		return Queue{}, err
	}
	// A worker that is busy asks for no actions, but it goes on to ask for workflow tasks.
	workflows, err := describe(ctx, a.client, a.namespace, q.Name, enumspb.TASK_QUEUE_TYPE_WORKFLOW)
	if err != nil {
		return Queue{}, err
	}
	queue := Queue{
		Name: q.Name, Weight: q.Weight, Broker: q.Broker.Name(), Default: q.Name == a.dispatcher.DefaultQueue().Name,
		Waiting: waiting + backlog.Waiting, Stored: backlog.Waiting, Rejected: backlog.Rejected, Error: problem,
		Associations: []string{}, Traffic: traffic(actions.GetStats()), Workers: workers(actions.GetPollers(), workflows.GetPollers()),
	}
	queue.limitedBy(actions.GetConfig().GetQueueRateLimit())
	for action, name := range a.dispatcher.Associations() {
		if name == q.Name {
			queue.Associations = append(queue.Associations, action)
		}
	}
	slices.Sort(queue.Associations)
	return queue, nil
}

// limitedBy says whether the rate limit pauses the queue.
func (q *Queue) limitedBy(limit *taskqueuepb.RateLimitConfig) {
	q.Paused, q.PauseReason = pauses(limit), ""
	if q.Paused {
		q.PauseReason, _, _ = strings.Cut(limit.GetMetadata().GetReason(), restoreMark)
	}
}

// stored returns what the broker's store holds, if it has one, or the problem with it.
func stored(ctx context.Context, q dispatcher.Queue) (backlog broker.Backlog, problem string) {
	store, ok := q.Broker.(broker.Stored)
	if !ok {
		return broker.Backlog{}, ""
	}
	asking, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	backlog, err := store.Backlog(asking, q.Name)
	if err != nil {
		return broker.Backlog{}, err.Error()
	}
	return backlog, ""
}

// restoreMark stands in the reason of a pause before the rate limit that the queue had.
const restoreMark = " | limit before: "

// Pause keeps the queue's tasks from all workers, within a second. What runs goes on, and tasks can be enqueued. The reason is
// for people.
func (a *Admin) Pause(ctx context.Context, name, reason string) (Queue, error) {
	q, err := a.dispatcher.Queue(name)
	if err != nil {
		return Queue{}, err
	}
	limit, err := rateLimit(ctx, a.client, a.namespace, name)
	if err != nil {
		return Queue{}, err
	}
	if !pauses(limit) {
		if limit.GetRateLimit() != nil { // Resume puts it back
			reason += restoreMark + strconv.FormatFloat(float64(limit.GetRateLimit().GetRequestsPerSecond()), 'g', -1, 32)
		}
		if limit, err = a.setRateLimit(ctx, name, &taskqueuepb.RateLimit{RequestsPerSecond: 0}, reason); err != nil {
			return Queue{}, fmt.Errorf("pause queue %q: %w", name, err)
		}
	}
	return a.describeWith(ctx, q, limit)
}

// Resume ends a pause.
func (a *Admin) Resume(ctx context.Context, name string) (Queue, error) {
	q, err := a.dispatcher.Queue(name)
	if err != nil {
		return Queue{}, err
	}
	limit, err := rateLimit(ctx, a.client, a.namespace, name)
	if err != nil {
		return Queue{}, err
	}
	if pauses(limit) {
		var before *taskqueuepb.RateLimit
		if _, value, ok := strings.Cut(limit.GetMetadata().GetReason(), restoreMark); ok {
			if perSecond, err := strconv.ParseFloat(value, 32); err == nil {
				before = &taskqueuepb.RateLimit{RequestsPerSecond: float32(perSecond)}
			}
		}
		if limit, err = a.setRateLimit(ctx, name, before, ""); err != nil {
			return Queue{}, fmt.Errorf("resume queue %q: %w", name, err)
		}
	}
	return a.describeWith(ctx, q, limit)
}

// describeWith describes a queue whose rate limit has just been set, of which the server's descriptions may not know yet.
func (a *Admin) describeWith(ctx context.Context, q dispatcher.Queue, limit *taskqueuepb.RateLimitConfig) (Queue, error) {
	queue, err := a.describe(ctx, q)
	if err != nil {
		return Queue{}, err
	}
	queue.limitedBy(limit)
	return queue, nil
}

// limitShowsWithin is how long the server may take until its descriptions show a limit that was set. Much longer, and somebody else has set another.
const limitShowsWithin = 5 * time.Second

// setRateLimit returns the limit as it is then, when the server's descriptions show it: the next call decides by them.
func (a *Admin) setRateLimit(
	ctx context.Context, queue string, limit *taskqueuepb.RateLimit, reason string,
) (*taskqueuepb.RateLimitConfig, error) {
	updated, err := a.client.WorkflowService().UpdateTaskQueueConfig(ctx, &workflowservice.UpdateTaskQueueConfigRequest{
		Namespace: a.namespace, Identity: "taskqueue", TaskQueue: queue, TaskQueueType: enumspb.TASK_QUEUE_TYPE_ACTIVITY,
		UpdateQueueRateLimit: &workflowservice.UpdateTaskQueueConfigRequest_RateLimitUpdate{RateLimit: limit, Reason: reason},
	})
	if err != nil {
		return nil, err
	}
	set := updated.GetConfig().GetQueueRateLimit()
	waiting, cancel := context.WithTimeout(ctx, limitShowsWithin)
	defer cancel()
	for {
		shown, err := rateLimit(waiting, a.client, a.namespace, queue)
		if err == nil && proto.Equal(shown, set) {
			return set, nil
		}
		select {
		case <-waiting.Done():
			return set, nil // it is set, which is what was asked for
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// Paused reports whether the queue is paused for all workers.
func Paused(ctx context.Context, c client.Client, namespace, queue string) (bool, error) {
	limit, err := rateLimit(ctx, c, namespace, queue)
	return pauses(limit), err
}

// pauses reports whether it is the rate limit of a paused queue.
func pauses(limit *taskqueuepb.RateLimitConfig) bool {
	return limit.GetRateLimit() != nil && limit.GetRateLimit().GetRequestsPerSecond() == 0
}

// rateLimit returns the limit of the queue's actions; nil if there is none.
func rateLimit(ctx context.Context, c client.Client, namespace, queue string) (*taskqueuepb.RateLimitConfig, error) {
	described, err := describe(ctx, c, namespace, queue, enumspb.TASK_QUEUE_TYPE_ACTIVITY)
	return described.GetConfig().GetQueueRateLimit(), err
}

func describe(
	ctx context.Context, c client.Client, namespace, queue string, kind enumspb.TaskQueueType,
) (*workflowservice.DescribeTaskQueueResponse, error) {
	described, err := c.WorkflowService().DescribeTaskQueue(ctx, &workflowservice.DescribeTaskQueueRequest{
		Namespace: namespace, TaskQueue: &taskqueuepb.TaskQueue{Name: queue}, TaskQueueType: kind, ReportConfig: true, ReportStats: true,
	})
	if err != nil {
		return nil, fmt.Errorf("describe queue %q: %w", queue, err)
	}
	return described, nil
}
