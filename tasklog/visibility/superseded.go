package visibility

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"time"

	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/sdk/converter"

	"github.com/distributed-task-queue/taskqueue/internal/attribute"
	"github.com/distributed-task-queue/taskqueue/tasklog"
)

// runSet holds the ids of runs that were superseded just now.
type runSet map[string]bool

// unpushed returns how many of the runs a query finds though they are superseded: none, unless they are too many
// to be left out by it.
func (s runSet) unpushed() int {
	if len(s) <= maxPushedValues {
		return 0
	}
	return len(s)
}

// chunks returns the ids in portions that fit into a query.
func (s runSet) chunks() iter.Seq[[]any] {
	values := make([]any, 0, len(s))
	for _, id := range slices.Sorted(maps.Keys(s)) {
		values = append(values, id)
	}
	return slices.Chunk(values, maxPushedValues)
}

// prepare compiles the filter, and leaves out the runs that were superseded just now. Those that are too many for that
// are left to the caller.
func (e *Engine) prepare(ctx context.Context, f *tasklog.Filter) (query, runSet, error) {
	folds, err := e.foldsText(ctx)
	if err != nil {
		return query{}, nil, err
	}
	q := compile(f, folds)
	superseded, err := e.superseded(ctx)
	if err == nil && superseded.unpushed() > 0 {
		superseded, err = e.existing(ctx, superseded)
	}
	if err != nil {
		return query{}, nil, fmt.Errorf("look for superseded runs: %w", err)
	}
	if superseded.unpushed() == 0 {
		for chunk := range superseded.chunks() {
			q.and("RunId NOT IN " + list(chunk))
		}
	}
	return q, superseded, nil
}

// countExact counts what an exact query finds, without the superseded runs that it cannot leave out.
func (e *Engine) countExact(ctx context.Context, q query, superseded runSet) (int64, error) {
	n, err := e.count(ctx, q)
	if err != nil {
		return 0, err
	}
	return e.leaveOut(ctx, q, superseded, n)
}

// leaveOut returns how many of the n runs that an exact query finds are not superseded ones that it cannot leave out.
func (e *Engine) leaveOut(ctx context.Context, q query, superseded runSet, n int64) (int64, error) {
	if superseded.unpushed() == 0 {
		return n, nil
	}
	for chunk := range superseded.chunks() {
		m, err := e.count(ctx, q.with("RunId IN "+list(chunk)))
		if err != nil {
			return 0, err
		}
		n -= m
	}
	return max(n, 0), nil
}

// superseded returns the ids of the runs that an archive run has replaced lately.
func (e *Engine) superseded(ctx context.Context) (runSet, error) {
	q := query{terms: []string{
		"WorkflowType = " + quote(tasklog.WorkflowType),
		attribute.Supersedes.GetName() + " IS NOT NULL",
		"(CloseTime IS NULL OR CloseTime > " + timeLiteral(time.Now().Add(-tasklog.SupersededFor)) + ")",
	}}
	runs := runSet{}
	_, err := e.list(ctx, q, func(info *workflowpb.WorkflowExecutionInfo) error {
		run, err := supersededBy(info)
		if err == nil && isPlain(run) {
			runs[run] = true
		}
		return err
	})
	return runs, err
}

// supersededBy returns the id of the run that an archive run replaces; empty if the execution is none.
func supersededBy(info *workflowpb.WorkflowExecutionInfo) (run string, err error) {
	payload, ok := info.GetSearchAttributes().GetIndexedFields()[attribute.Supersedes.GetName()]
	if !ok {
		return "", nil
	}
	if err := converter.GetDefaultDataConverter().FromPayload(payload, &run); err != nil {
		return "", fmt.Errorf("decode search attribute %s: %w", attribute.Supersedes.GetName(), err)
	}
	return run, nil
}

// existing returns those of the runs that the index still has. It loses them within seconds, so after
// many tasks were archived these are few.
func (e *Engine) existing(ctx context.Context, runs runSet) (runSet, error) {
	return tasklog.Indexed(ctx, e.config.Client, e.config.Namespace, slices.Sorted(maps.Keys(runs)))
}
