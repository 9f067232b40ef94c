// Package temporal is the default broker: enqueuing a task starts its workflow.
package temporal

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	sdktemporal "go.temporal.io/sdk/temporal"

	"github.com/distributed-task-queue/taskqueue/internal/attribute"
	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/tracing"
	"github.com/distributed-task-queue/taskqueue/workflows"
)

// MaxTaskSize is how many bytes a task may have as JSON: Temporal's default limit of 2 MiB for one payload, less
// what surrounds it.
const MaxTaskSize = 2<<20 - 4<<10

// maxSummaryBytes is Temporal's limit for a workflow's static summary.
const maxSummaryBytes = 400

// Broker starts the workflow of each task. It is safe for concurrent use.
type Broker struct{ client client.Client }

// New returns a broker that starts workflows through c.
func New(c client.Client) *Broker { return &Broker{client: c} }

// Name returns "temporal".
func (b *Broker) Name() string { return "temporal" }

// Sync returns false: tasks run in workers.
func (b *Broker) Sync() bool { return false }

// Initialize does nothing: Temporal makes task queues on first use.
func (b *Broker) Initialize(context.Context, string) error { return nil }

// Encode returns the task as its workflow gets it, or a *task.TooLargeError.
func Encode(t *task.Task) (json.RawMessage, error) {
	encoded, err := json.Marshal(t)
	if err != nil {
		return nil, fmt.Errorf("enqueue task %s: encode it: %w", t.ID, err)
	}
	if len(encoded) > MaxTaskSize {
		return nil, &task.TooLargeError{Size: len(encoded), Limit: MaxTaskSize}
	}
	return encoded, nil
}

// Enqueue starts the task's workflow.
func (b *Broker) Enqueue(ctx context.Context, t *task.Task) error {
	encoded, err := Encode(t)
	if err != nil {
		return err
	}
	options := client.StartWorkflowOptions{
		ID:        string(t.ID),
		TaskQueue: t.Queue,
		// A task runs once: its id may not be used again, not even when it has ended.
		WorkflowIDReusePolicy: enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
		// Without this the SDK would hide the refusal and return the existing run.
		WorkflowExecutionErrorWhenAlreadyStarted: true,
		TypedSearchAttributes:                    attribute.ForNew(t),
		// A worker in this process gets the workflow's first task with the answer: one trip less to the server.
		EnableEagerStart: true,
		StaticSummary:    Summary(t.Label),
		Priority:         PriorityOf(t),
	}
	if delay := time.Until(t.NotBefore); delay > 0 {
		options.StartDelay = delay
	}
	_, err = b.client.ExecuteWorkflow(tracing.ContextOf(ctx, t), options, workflows.TypeTask, encoded)
	if _, ok := errors.AsType[*serviceerror.WorkflowExecutionAlreadyStarted](err); ok {
		return &task.DuplicateError{ID: t.ID}
	}
	if err != nil {
		return fmt.Errorf("enqueue task %s: start its workflow: %w", t.ID, err)
	}
	return nil
}

// Count returns the backlog of the queue's workflow and activity tasks.
func (b *Broker) Count(ctx context.Context, queue string) (int64, error) {
	description, err := b.client.DescribeTaskQueueEnhanced(ctx, client.DescribeTaskQueueEnhancedOptions{
		TaskQueue:      queue,
		TaskQueueTypes: []client.TaskQueueType{client.TaskQueueTypeActivity, client.TaskQueueTypeWorkflow},
		// Those of a version of the workers count as its own, not as the queue's.
		Versions:    &client.TaskQueueVersionSelection{Unversioned: true, AllActive: true},
		ReportStats: true,
	})
	if err != nil {
		return 0, fmt.Errorf("count the tasks of queue %q: %w", queue, err)
	}
	var count int64
	//nolint:staticcheck // the replacement reports per worker deployment only
	for _, version := range description.VersionsInfo {
		for _, info := range version.TypesInfo {
			if info.Stats != nil {
				count += info.Stats.ApproximateBacklogCount
			}
		}
	}
	return count, nil
}

// maxFairnessKey is Temporal's limit, in bytes.
const maxFairnessKey = 64

// PriorityOf returns the task's place in its queue. Inside a priority, owners take turns, so that one who enqueues a lot does not make
// the others wait.
func PriorityOf(t *task.Task) sdktemporal.Priority {
	return sdktemporal.Priority{PriorityKey: t.Priority, FairnessKey: fairnessKey(t.Owner)}
}

// fairnessKey stands for the owner.
func fairnessKey(owner string) string {
	if len(owner) <= maxFairnessKey {
		return owner
	}
	sum := sha256.Sum256([]byte(owner))
	return hex.EncodeToString(sum[:])
}

// Summary returns the static summary of a task's workflow: the label, cut to what Temporal takes, at a rune's boundary.
func Summary(label string) string {
	if len(label) <= maxSummaryBytes-2 { // it is stored as a JSON string
		return label
	}
	cut := 0
	for i := range label {
		if i > maxSummaryBytes-2 {
			break
		}
		cut = i
	}
	return label[:cut]
}
