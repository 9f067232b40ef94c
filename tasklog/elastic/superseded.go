package elastic

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	enumspb "go.temporal.io/api/enums/v1"

	"github.com/distributed-task-queue/taskqueue/internal/attribute"
	"github.com/distributed-task-queue/taskqueue/tasklog"
)

// maxSuperseded is how many runs can be superseded within tasklog.SupersededFor and by open archive runs: more are no buckets of an aggregation, nor
// terms of a query.
const maxSuperseded = 65_000

// maxAttempts bounds how often a search is repeated because runs were superseded in the meantime. Even while hundreds of tasks are archived
// every second that happens once or twice: an index shows new documents no more than once a second.
const maxAttempts = 10

// ask makes a search that leaves superseded runs out. Which these are is known only afterwards: the index is asked for them
// in the same request, but after the search, and if there is one that was not left out, it is searched again. So the answer
// is right for one state of the index, and costs one request as long as nothing is being archived.
func (e *Engine) ask(ctx context.Context, body func(superseded []string) (object, error)) (answer, error) {
	if err := e.ready(ctx); err != nil {
		return answer{}, err
	}
	excluded, query := *e.known.Load(), supersededQuery(e.namespaceID, time.Now())
	for range maxAttempts {
		search, err := body(excluded)
		if err != nil {
			return answer{}, err
		}
		answers, err := e.searchInOrder(ctx, search, query)
		if err != nil {
			return answer{}, err
		}
		superseded, err := answers[1].superseded()
		if err != nil {
			return answer{}, err
		}
		e.known.Store(&superseded)
		// What was left out for longer than it had to be was superseded all the same.
		if contains(excluded, superseded) {
			return answers[0], nil
		}
		excluded = superseded
	}
	return answer{}, &tasklog.UnavailableError{
		Index: e.transport.connection.name(), Err: fmt.Errorf("tasks are archived faster than %d searches", maxAttempts),
	}
}

// contains reports whether the sorted list has every text of another one.
func contains(list, wanted []string) bool {
	for _, text := range wanted {
		if _, found := slices.BinarySearch(list, text); !found {
			return false
		}
	}
	return true
}

const (
	supersededName = "superseded"
	// supersededStep is how much longer than tasklog.SupersededFor a run is hidden at most.
	supersededStep = 10 * time.Second
)

// supersededQuery finds the runs that an archive run replaces which is open, or was closed lately.
func supersededQuery(namespaceID string, now time.Time) object {
	field := attribute.Supersedes.GetName()
	// The moment stays the same for a while, so that Elasticsearch can have the answer in its cache as long as the index does not change.
	since := timeValue(now.Add(-tasklog.SupersededFor).Truncate(supersededStep))
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

// searchInOrder makes several searches in one request, one after the other.
func (e *Engine) searchInOrder(ctx context.Context, bodies ...object) ([]answer, error) {
	var request bytes.Buffer
	lines := json.NewEncoder(&request)
	// One preference makes all searches go to the same copy of each shard: another one may know more, or less.
	preference := strconv.FormatUint(e.asked.Add(1), 10)
	for i, body := range bodies {
		header := object{"index": e.transport.connection.Index, "preference": preference, "allow_partial_search_results": false}
		if i > 0 {
			header["request_cache"] = true // all but the first are the same for every search
		}
		for _, line := range []object{header, body} {
			if err := lines.Encode(line); err != nil {
				return nil, fmt.Errorf("encode the request: %w", err)
			}
		}
	}
	query := url.Values{"max_concurrent_searches": {"1"}}
	var result struct{ Responses []answer }
	err := e.transport.sendBytes(ctx, http.MethodPost, "/_msearch?"+query.Encode(), "application/x-ndjson", request.Bytes(), &result)
	if err != nil {
		return nil, err
	}
	if len(result.Responses) != len(bodies) {
		return nil, fmt.Errorf("%d of %d searches were answered", len(result.Responses), len(bodies))
	}
	for _, a := range result.Responses {
		if a.Error != nil {
			c := a.Error.innermost()
			return nil, e.transport.refused(&AnswerError{Status: a.Status, Type: c.Type, Reason: c.Reason})
		}
	}
	return result.Responses, nil
}

// answer is Elasticsearch's answer to a search.
type answer struct {
	Status       int
	Error        *cause
	PIT          string `json:"pit_id"`
	Hits         hits
	Aggregations map[string]json.RawMessage
}

type hits struct {
	Total *struct{ Value int64 }
	Hits  []hit
}

// total returns the number of all hits, 0 if it was not asked for.
func (h hits) total() int64 {
	if h.Total == nil {
		return 0
	}
	return h.Total.Value
}

type hit struct {
	Source document        `json:"_source"`
	Sort   json.RawMessage `json:"sort"` // whose numbers may have more digits than a float64
}

// termsAnswer is the answer to an aggregation by terms.
type termsAnswer struct {
	Others  int64 `json:"sum_other_doc_count"`
	Buckets []struct {
		Key string
		groupAnswer
	}
}
