package elastic

import (
	"fmt"
	"slices"
	"time"

	enumspb "go.temporal.io/api/enums/v1"

	"github.com/distributed-task-queue/taskqueue/internal/attribute"
	"github.com/distributed-task-queue/taskqueue/tasklog"
)

// maxSuperseded is how many runs can be superseded within tasklog.SupersededFor and by open archive runs: more are no buckets of an aggregation, nor
// terms of a query.
const maxSuperseded = 65_000

const supersededName = "superseded"

// supersededQuery finds the runs that an archive run replaces which is open, or was closed lately.
func supersededQuery(namespaceID string, now time.Time) object {
	field := attribute.Supersedes.GetName()
	since := timeValue(now.Add(-tasklog.SupersededFor))
	open := term(executionStatusField, enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING.String())
	closedLately := object{"range": object{closeTimeField: object{"gt": since, "format": timeFormat}}}
	return object{
		"query": all(
			term(namespaceField, namespaceID), term(workflowTypeField, tasklog.WorkflowType), exists(field),
			either(open, closedLately),
		),
		"size": 0, "track_total_hits": false,
		"aggs": object{supersededName: object{"terms": object{"field": field, "size": maxSuperseded}}},
	}
}

// superseded returns the run ids that supersededQuery has found, sorted.
func (a answer) superseded() ([]string, error) {
	found, err := decode[termsAnswer](a.Aggregations[supersededName])
	if err != nil {
		return nil, fmt.Errorf("decode the superseded runs: %w", err)
	}
	if found.Others > 0 {
		return nil, fmt.Errorf("more than %d tasks are being archived, or were within %s; archiving a task ends when a worker of its queue runs",
			maxSuperseded, tasklog.SupersededFor)
	}
	runs := make([]string, len(found.Buckets))
	for i, b := range found.Buckets {
		runs[i] = b.Key
	}
	slices.Sort(runs)
	return runs, nil
}
