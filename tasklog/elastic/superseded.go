package elastic

import (
	"fmt"
	"slices"
	"time"

	enumspb "go.temporal.io/api/enums/v1"

	"github.com/distributed-task-queue/taskqueue/internal/attribute"
	"github.com/distributed-task-queue/taskqueue/tasklog"
)

const (
	// maxSuperseded is how many runs a search can leave out: Elasticsearch takes no more terms in a query.
	maxSuperseded = 65_000
	// supersededBatch is how many runs are looked up at a time.
	supersededBatch = 10_000
	// fewSuperseded are left out of searches without a look at whether the index still has them.
	fewSuperseded = 1000
)

const supersededName = "superseded"

// superseded returns the ids, sorted, of the runs that are in the index though archive runs replace them. All searches are made by ask,
// in one state of the index.
func (e *Engine) superseded(ask func(body object) (answer, error)) ([]string, error) {
	runs, err := e.replaced(ask)
	if err == nil && len(runs) > fewSuperseded {
		runs, err = e.present(ask, runs)
	}
	if err != nil {
		return nil, fmt.Errorf("look for superseded runs: %w", err)
	}
	if len(runs) > maxSuperseded {
		return nil, e.transport.unusable(fmt.Sprintf("more than %d archived tasks have a former run that is not deleted yet; "+
			"a worker of the task's queue deletes it: start one", maxSuperseded), nil)
	}
	slices.Sort(runs)
	return runs, nil
}

// replaced returns the runs that an archive run replaces which is open, or was closed lately.
func (e *Engine) replaced(ask func(body object) (answer, error)) (runs []string, err error) {
	field := attribute.Supersedes.GetName()
	since := timeValue(time.Now().Add(-tasklog.SupersededFor))
	open := term(executionStatusField, enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING.String())
	closedLately := object{"range": object{closeTimeField: object{"gt": since, "format": timeFormat}}}
	query := all(
		term(namespaceField, e.namespaceID), term(workflowTypeField, tasklog.WorkflowType), exists(field),
		either(open, closedLately),
	)
	pages := object{"size": supersededBatch, "sources": []object{{"run": object{"terms": object{"field": field}}}}}
	for {
		a, err := ask(object{
			"query": query, "size": 0, "track_total_hits": false, "aggs": object{supersededName: object{"composite": pages}},
		})
		if err != nil {
			return nil, err
		}
		found, err := decode[struct {
			After   *struct{ Run string } `json:"after_key"`
			Buckets []struct{ Key struct{ Run string } }
		}](a.Aggregations[supersededName])
		if err != nil {
			return nil, fmt.Errorf("decode the answer: %w", err)
		}
		for _, b := range found.Buckets {
			runs = append(runs, b.Key.Run)
		}
		if found.After == nil || len(found.Buckets) < supersededBatch {
			return runs, nil
		}
		pages["after"] = object{"run": found.After.Run}
	}
}

// present returns those of the runs that the index has. It loses them within seconds after they were replaced, so after many tasks were
// archived these are few.
func (e *Engine) present(ask func(body object) (answer, error), runs []string) (present []string, err error) {
	for batch := range slices.Chunk(runs, supersededBatch) {
		a, err := ask(object{
			"query": all(term(namespaceField, e.namespaceID), terms(runIDField, batch)), "size": 0, "track_total_hits": false,
			"aggs": object{supersededName: object{"terms": object{"field": runIDField, "size": supersededBatch}}},
		})
		if err != nil {
			return nil, err
		}
		found, err := decode[termsAnswer](a.Aggregations[supersededName])
		if err != nil {
			return nil, fmt.Errorf("decode the answer: %w", err)
		}
		for _, b := range found.Buckets {
			present = append(present, b.Key)
		}
	}
	return present, nil
}
