// Package probe proves that a Temporal server takes and finds tasks, with a workflow that is no task: nobody runs it, and the task log
// does not show it.
package probe

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/distributed-task-queue/taskqueue/internal/attribute"
	"github.com/distributed-task-queue/taskqueue/task"
)

const (
	// WorkflowType is not the type of tasks, so a probe never shows in the task log.
	WorkflowType = "TaskQueueProbe"
	// queue has no workers, so a probe never runs.
	queue = "taskqueue-probe"
)

// Probe is one workflow with a value in every search attribute of a task.
type Probe struct {
	client     client.Client
	namespace  string
	id         task.ID
	attributes temporal.SearchAttributes
	query      string // finds it by all of its attributes
}

// New returns a probe that is not started yet.
func New(c client.Client, namespace string) *Probe {
	id := "taskqueue-probe-" + task.NewID()
	var query strings.Builder
	fmt.Fprintf(&query, "WorkflowId = '%s'", id)
	for _, name := range slices.Sorted(maps.Keys(attribute.Types())) {
		fmt.Fprintf(&query, " AND `%s` IS NOT NULL", name)
	}
	return &Probe{client: c, namespace: namespace, id: id, attributes: attributesOf(id), query: query.String()}
}

// attributesOf returns a value for every search attribute.
func attributesOf(id task.ID) temporal.SearchAttributes {
	t := task.Task{ID: id, Action: "probe", Label: "probe", Parameters: task.EmptyParameters}
	t.Owner, t.ParentID, t.CreatedAt = "probe", id, time.Now().UTC()
	return temporal.NewSearchAttributes(
		attribute.ForNew(&t).Copy(),
		attribute.Report.ValueSet("probe"),
		attribute.Supersedes.ValueSet("probe"),
		attribute.Duration.ValueSet(0),
	)
}

// Start starts it. The server ends it after the lifetime, should it never be deleted.
func (p *Probe) Start(ctx context.Context, lifetime time.Duration) error {
	_, err := p.client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID: string(p.id), TaskQueue: queue, WorkflowExecutionTimeout: lifetime, TypedSearchAttributes: p.attributes,
	}, WorkflowType)
	return err
}

// Found reports whether a search by its attributes finds it.
func (p *Probe) Found(ctx context.Context) (bool, error) {
	count, err := p.client.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{Namespace: p.namespace, Query: p.query})
	return count.GetCount() > 0, err
}

// Delete deletes it, also when ctx has ended. The server may take that long.
func (p *Probe) Delete(ctx context.Context, timeout time.Duration) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), timeout)
	defer cancel()
	_, err := p.client.WorkflowService().DeleteWorkflowExecution(ctx, &workflowservice.DeleteWorkflowExecutionRequest{
		Namespace: p.namespace, WorkflowExecution: &commonpb.WorkflowExecution{WorkflowId: string(p.id)},
	})
	if err != nil {
		return fmt.Errorf("delete the probe workflow %s: %w", p.id, err)
	}
	return nil
}
