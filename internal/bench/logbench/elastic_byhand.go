package logbench

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"time"

	"github.com/distributed-task-queue/taskqueue/tasklog"
)

// elasticByHand answers the questions with the JSON that somebody who knows the index would write.
type elasticByHand struct{ client *elasticClient }

const (
	// tasksOnly begins every query.
	tasksOnly = `{"term":{"NamespaceId":"` + namespaceID + `"}},{"term":{"WorkflowType":"Task"}}`
	listed    = `{"term":{"ExecutionStatus":"ContinuedAsNew"}}`
	newest    = `[{"TaskCreatedAt":"desc"},{"WorkflowId":"desc"}]`
	// source is what a list shows.
	source = `["WorkflowId","TaskParent","TaskName","TaskParameters","TaskLabel","TaskStatus","ExecutionStatus","TaskOwner","TaskCategory",` +
		`"TaskQueue","TaskMaster","TaskCreatedAt","TaskUpdatedAt","Memo"]`
)

// elasticRow is a hit's document.
type elasticRow struct {
	ID         string    `json:"WorkflowId"`
	Parent     string    `json:"TaskParent"`
	Action     string    `json:"TaskName"`
	Parameters string    `json:"TaskParameters"`
	Label      string    `json:"TaskLabel"`
	Status     string    `json:"TaskStatus"`
	Execution  string    `json:"ExecutionStatus"`
	Owner      string    `json:"TaskOwner"`
	Category   string    `json:"TaskCategory"`
	Queue      string    `json:"TaskQueue"`
	Master     bool      `json:"TaskMaster"`
	Created    time.Time `json:"TaskCreatedAt"`
	Updated    time.Time `json:"TaskUpdatedAt"`
	Memo       []byte
}

type elasticAnswer struct {
	Hits struct {
		Total struct{ Value int64 }
		Hits  []struct {
			Source elasticRow      `json:"_source"`
			Sort   json.RawMessage `json:"sort"`
		}
	}
	Aggregations struct {
		Completed, Failed, Running struct {
			Count int64 `json:"doc_count"`
		}
		Groups struct {
			Buckets []struct {
				Key   string
				Count int64 `json:"doc_count"`
				Times struct {
					Count         int64
					Min, Avg, Max float64
				}
				Percentiles struct {
					Values struct {
						P50 float64 `json:"50.0"`
						P95 float64 `json:"95.0"`
					}
				}
			}
		}
	}
}

func (e *elasticByHand) search(ctx context.Context, body string) (a elasticAnswer, err error) {
	err = e.client.json(ctx, http.MethodPost, e.client.index("/_search"), body, &a)
	return a, err
}

func (e *elasticByHand) list(ctx context.Context, body string) (answer, error) {
	found, err := e.search(ctx, body)
	if err != nil {
		return answer{}, err
	}
	a := answer{Total: found.Hits.Total.Value, Rows: make([]row, len(found.Hits.Hits))}
	for i, h := range found.Hits.Hits {
		d := h.Source
		a.Rows[i] = row{
			ID: d.ID, ParentID: d.Parent, Action: d.Action, Parameters: d.Parameters, Label: d.Label, Owner: d.Owner, Category: d.Category,
			Queue: d.Queue, Master: d.Master, CreatedAt: d.Created, Updated: d.Updated,
		}
		if err := a.Rows[i].complete(d.Status, d.Execution, d.Memo); err != nil {
			return answer{}, err
		}
	}
	return a, nil
}

func (e *elasticByHand) lastOfUser(ctx context.Context, p params) (answer, error) {
	return e.list(ctx, fmt.Sprintf(`{"size":%d,"track_total_hits":false,"sort":%s,"_source":%s,"query":{"bool":{
		"filter":[%s,{"term":{"TaskOwner":%q}}],
		"must_not":[{"terms":{"ExecutionStatus":["Terminated","Canceled","ContinuedAsNew"]}},{"terms":{"TaskStatus":["archived","cancelled"]}},
			{"terms":{"TaskName":["index.update","cache.warm"]}}]}}}`,
		shortPage, newest, source, tasksOnly, p.owner))
}

func (e *elasticByHand) failedInWeek(ctx context.Context, p params) (answer, error) {
	return e.list(ctx, fmt.Sprintf(`{"size":%d,"track_total_hits":false,"sort":%s,"_source":%s,"query":{"bool":{
		"filter":[%s,{"term":{"TaskName":%q}},{"range":{"TaskCreatedAt":{"gte":%q,"lt":%q}}},
			{"bool":{"should":[{"terms":{"ExecutionStatus":["Failed","TimedOut"]}},{"term":{"TaskStatus":"failed"}}]}}]}}}`,
		longPage, newest, source, tasksOnly, p.action, p.from.Format(time.RFC3339Nano), p.from.Add(week).Format(time.RFC3339Nano)))
}

func (e *elasticByHand) likeOnLabel(ctx context.Context, p params) (answer, error) {
	return e.list(ctx, fmt.Sprintf(`{"size":%d,"track_total_hits":false,"sort":%s,"_source":%s,"query":{"bool":{
		"filter":[%s,{"wildcard":{"TaskLabel":{"value":%q,"case_insensitive":true}}}],"must_not":[%s]}}}`,
		shortPage, newest, source, tasksOnly, "*"+p.word+"*", listed))
}

func (e *elasticByHand) fullText(ctx context.Context, p params) (answer, error) {
	return e.list(ctx, fmt.Sprintf(`{"size":%d,"track_total_hits":false,"sort":%s,"_source":%s,"query":{"bool":{
		"filter":[%s,{"match":{"TaskText":{"query":%q,"operator":"and"}}}],"must_not":[%s]}}}`,
		shortPage, newest, source, tasksOnly, p.word+" "+p.second, listed))
}

// deepPage goes where a single search may not reach in the steps that are the longest ones.
func (e *elasticByHand) deepPage(ctx context.Context, p params) (answer, error) {
	const most = 10_000
	query := fmt.Sprintf(`"track_total_hits":false,"sort":%s,"query":{"bool":{"filter":[%s],"must_not":[%s]}}`, newest, tasksOnly, listed)
	if p.offset+shortPage <= most {
		return e.list(ctx, fmt.Sprintf(`{"from":%d,"size":%d,"_source":%s,%s}`, p.offset, shortPage, source, query))
	}
	after := ""
	for skip := p.offset; skip > 0; {
		size := min(skip, most)
		found, err := e.search(ctx, fmt.Sprintf(`{"size":%d,"_source":false,%s%s}`, size, after, query))
		if err != nil {
			return answer{}, err
		}
		if len(found.Hits.Hits) < size {
			return answer{}, nil
		}
		after = fmt.Sprintf(`"search_after":%s,`, found.Hits.Hits[size-1].Sort)
		skip -= size
	}
	return e.list(ctx, fmt.Sprintf(`{"size":%d,"_source":%s,%s%s}`, shortPage, source, after, query))
}

func (e *elasticByHand) cursorPage(ctx context.Context, p params) (answer, error) {
	at, _ := p.after.Value.(time.Time)
	return e.list(ctx, fmt.Sprintf(`{"size":%d,"track_total_hits":false,"_source":%s,
		"sort":[{"TaskCreatedAt":{"order":"desc","format":"strict_date_optional_time_nanos"}},{"WorkflowId":"desc"}],"search_after":[%q,%q],
		"query":{"bool":{"filter":[%s],"must_not":[%s]}}}`,
		shortPage, source, at.Format(time.RFC3339Nano), p.after.ID, tasksOnly, listed))
}

func (e *elasticByHand) statsOfUser(ctx context.Context, p params) (answer, error) {
	found, err := e.search(ctx, fmt.Sprintf(`{"size":0,"track_total_hits":false,"query":{"bool":{
		"filter":[%s,{"term":{"TaskOwner":%q}}],
		"must_not":[{"terms":{"ExecutionStatus":["Terminated","Canceled","ContinuedAsNew"]}},{"terms":{"TaskStatus":["archived","cancelled"]}}]}},
		"aggs":{"Completed":{"filter":{"term":{"TaskStatus":"completed"}}},
			"Failed":{"filter":{"bool":{"should":[{"terms":{"ExecutionStatus":["Failed","TimedOut"]}},{"term":{"TaskStatus":"failed"}}]}}},
			"Running":{"filter":{"bool":{"filter":[{"terms":{"TaskStatus":["dequeued","running","child_running"]}}],
				"must_not":[{"terms":{"ExecutionStatus":["Failed","TimedOut"]}}]}}}}}`,
		tasksOnly, p.owner))
	a := found.Aggregations
	return answer{Stats: tasklog.Stats{Completed: a.Completed.Count, Failed: a.Failed.Count, InProgress: a.Running.Count}}, err
}

func (e *elasticByHand) groupsByCategory(ctx context.Context, p params) (answer, error) {
	return e.groups(ctx, p.from, p.to, `{"terms":{"field":"TaskCategory","missing":"unknown","size":100,"order":[{"_count":"desc"},{"_key":"asc"}]}}`)
}

func (e *elasticByHand) timesByAction(ctx context.Context, p params) (answer, error) {
	return e.groups(ctx, p.from, p.from.Add(week), `{"terms":{"field":"TaskName","size":100,"order":[{"_count":"desc"},{"_key":"asc"}]},
		"aggs":{"Times":{"stats":{"field":"TaskDuration"}},"Percentiles":{"percentiles":{"field":"TaskDuration","percents":[50,95]}}}}`)
}

func (e *elasticByHand) groups(ctx context.Context, from, to time.Time, aggregation string) (answer, error) {
	found, err := e.search(ctx, fmt.Sprintf(`{"size":0,"track_total_hits":false,"aggs":{"Groups":%s},"query":{"bool":{
		"filter":[%s,{"range":{"TaskCreatedAt":{"gte":%q,"lt":%q}}}],"must_not":[%s]}}}`,
		aggregation, tasksOnly, from.Format(time.RFC3339Nano), to.Format(time.RFC3339Nano), listed))
	var a answer
	for _, b := range found.Aggregations.Groups.Buckets {
		a.Groups = append(a.Groups, group{
			Value: b.Key, Count: b.Count, Timed: b.Times.Count, Min: seconds(b.Times.Min), Mean: seconds(b.Times.Avg), Max: seconds(b.Times.Max),
			P50: seconds(b.Percentiles.Values.P50), P95: seconds(b.Percentiles.Values.P95),
		})
	}
	return a, err
}

func (e *elasticByHand) dataTable(ctx context.Context, p params) (answer, error) {
	return e.list(ctx, fmt.Sprintf(`{"from":%d,"size":%d,"track_total_hits":true,"sort":%s,"_source":%s,"query":{"bool":{
		"filter":[%s,{"term":{"TaskName":%q}}],"must_not":[%s]}}}`,
		p.tableFrom, tablePage, newest, source, tasksOnly, p.action, listed))
}

// seconds are milliseconds to the millisecond.
func seconds(millis float64) float64 { return math.Round(millis) / 1000 }
