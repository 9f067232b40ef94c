package setup

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/distributed-task-queue/taskqueue/internal/attribute"
	"github.com/distributed-task-queue/taskqueue/task"
)

const (
	// probeType is not the type of tasks, so the probe never shows in the task log.
	probeType = "SetupProbe"
	// probeQueue has no workers, so the probe never runs.
	probeQueue = "taskqueue-setup-probe"
	// pollInterval is how often the server is asked again.
	pollInterval = 250 * time.Millisecond
	// probeTimeout ends a probe that could not be deleted.
	probeTimeout = time.Minute
)

// awaitAcceptance proves that tasks can be stored and found: it starts a workflow that has every search attribute,
// waits until a search by them finds it, and deletes it. Asking the registry would not do: the parts of a server that start
// workflows and that write the index read it in their own time.
func (s *setup) awaitAcceptance(ctx context.Context) error {
	began := time.Now()
	probe, attributes := newProbe()
	err := poll(ctx, s.options.Timeout, isNotAcceptedYet, func(ctx context.Context) error {
		_, err := s.client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
			ID: string(probe), TaskQueue: probeQueue, WorkflowExecutionTimeout: probeTimeout + s.options.Timeout,
			TypedSearchAttributes: attributes,
		}, probeType)
		return err
	})
	if err != nil {
		return err
	}
	conditions := []string{fmt.Sprintf("WorkflowId = '%s'", probe)}
	for name := range attribute.Types() {
		conditions = append(conditions, fmt.Sprintf("`%s` IS NOT NULL", name))
	}
	query := strings.Join(conditions, " AND ")
	found := poll(ctx, s.options.Timeout, isNotAcceptedYet, func(ctx context.Context) error {
		count, err := s.client.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{Namespace: s.namespace, Query: query})
		if err == nil && count.GetCount() == 0 {
			err = errNotIndexed
		}
		return err
	})
	// The probe goes even when ctx has ended.
	cleanUp, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	_, err = s.client.WorkflowService().DeleteWorkflowExecution(cleanUp, &workflowservice.DeleteWorkflowExecutionRequest{
		Namespace: s.namespace, WorkflowExecution: &commonpb.WorkflowExecution{WorkflowId: string(probe)},
	})
	if err != nil {
		err = fmt.Errorf("delete the probe workflow %s: %w", probe, err)
	}
	if err := errors.Join(found, err); err != nil {
		return err
	}
	s.progressf("The server accepts the search attributes (after %s).", time.Since(began).Round(time.Millisecond))
	return nil
}

// errNotIndexed says that the probe was taken but is not found.
var errNotIndexed = errors.New("a workflow with the search attributes was started, but a search does not find it")

// newProbe returns an id and a value for every search attribute.
func newProbe() (task.ID, temporal.SearchAttributes) {
	id := "setup-probe-" + task.NewID()
	now := time.Now().UTC()
	t := task.Task{ID: id, Action: "probe", Label: "probe", Parameters: task.EmptyParameters}
	t.Owner, t.ParentID, t.CreatedAt = "probe", id, now
	return id, temporal.NewSearchAttributes(
		attribute.ForNew(&t).Copy(),
		attribute.Report.ValueSet("probe"),
		attribute.Supersedes.ValueSet("probe"),
	)
}

// isNotAcceptedYet reports whether the error is what a server answers that does not know the namespace or the
// attributes yet.
func isNotAcceptedYet(err error) bool {
	var invalid *serviceerror.InvalidArgument
	return isNamespaceNotFound(err) || errors.As(err, &invalid) || errors.Is(err, errNotIndexed)
}

// poll calls do until it succeeds, fails with an error that is not for now only, or the timeout is over.
func poll(ctx context.Context, timeout time.Duration, temporary func(error) bool, do func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	ticker := time.NewTicker(pollInterval)
	defer ticker.Stop()
	for {
		err := do(ctx)
		if err == nil || !temporary(err) {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w after %s; the last answer was: %w", ctx.Err(), timeout, err)
		case <-ticker.C:
		}
	}
}
