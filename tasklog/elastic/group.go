package elastic

import (
	"context"
	"encoding/json"
	"fmt"

	enumspb "go.temporal.io/api/enums/v1"

	"github.com/distributed-task-queue/taskqueue/internal/attribute"
	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/tasklog"
)

const (
	groupsName      = "groups"
	timesName       = "times"
	percentilesName = "percentiles"

	// shardGroups is how many groups each shard tells of. Their sum is exact as long as no shard has more.
	shardGroups = 10_000
)

// Stats counts the tasks that satisfy the filter, all in one pass.
func (e *Engine) Stats(ctx context.Context, f *tasklog.Filter) (tasklog.Stats, error) {
	var stats tasklog.Stats
	if err := f.Err(); err != nil || f.MatchesNothing() {
		return stats, err
	}
	counts, err := e.countStatuses(ctx, f)
	if err != nil {
		return tasklog.Stats{}, fmt.Errorf("count the tasks of the task log by status: %w", err)
	}
	for _, b := range stats.Buckets() {
		for _, status := range b.Statuses {
			*b.Count += counts[status]
		}
	}
	return stats, nil
}

// countStatuses counts the tasks of each effective status. The index counts what it holds, and the rules of the status are then
// applied to a few numbers instead of every task.
func (e *Engine) countStatuses(ctx context.Context, f *tasklog.Filter) (map[task.Status]int64, error) {
	missing, _ := tasklog.Status.Missing().(string)
	stored := object{"terms": object{"field": tasklog.Status.Attribute(), "missing": missing, "size": shardGroups}}
	a, err := e.aggregate(ctx, f, object{"terms": object{"field": executionStatusField, "size": tasklog.MaxGroups}}, object{groupsName: stored})
	if err != nil {
		return nil, err
	}
	found, err := decode[struct {
		Buckets []struct {
			Key    string
			Groups termsAnswer
		}
	}](a)
	if err != nil {
		return nil, fmt.Errorf("decode the groups: %w", err)
	}
	counts := map[task.Status]int64{}
	for _, execution := range found.Buckets {
		state, err := enumspb.WorkflowExecutionStatusFromString(execution.Key)
		if err != nil {
			return nil, fmt.Errorf("field %s: %w", executionStatusField, err)
		}
		for _, b := range execution.Groups.Buckets {
			status, _ := tasklog.EffectiveStatus(b.Key, state)
			counts[status] += b.Count
		}
	}
	return counts, nil
}

// Group counts the tasks that satisfy the filter by the values of a column.
func (e *Engine) Group(ctx context.Context, f *tasklog.Filter, g tasklog.Grouping) (groups tasklog.Groups, err error) {
	if err := f.Err(); err != nil {
		return tasklog.Groups{}, err
	}
	switch {
	case f.MatchesNothing():
		return tasklog.NewGroups(nil, g), nil
	case g.By == tasklog.Status && !g.Times:
		groups, err = e.groupByStatus(ctx, f, g)
	case g.By == "" || g.By == tasklog.Status:
		groups, err = e.groupByQueries(ctx, f, g)
	default:
		groups, err = e.groupByField(ctx, f, g)
	}
	if err != nil {
		return tasklog.Groups{}, fmt.Errorf("group the tasks of the task log: %w", err)
	}
	return groups, nil
}

// groupByStatus makes a group for each status, without times.
func (e *Engine) groupByStatus(ctx context.Context, f *tasklog.Filter, g tasklog.Grouping) (tasklog.Groups, error) {
	counts, err := e.countStatuses(ctx, f)
	all := make([]tasklog.Group, 0, len(counts))
	for status, count := range counts {
		all = append(all, tasklog.Group{Value: string(status), Count: count})
	}
	return tasklog.NewGroups(all, g), err
}

// groupByQueries makes a group for each status, or one of all tasks.
func (e *Engine) groupByQueries(ctx context.Context, f *tasklog.Filter, g tasklog.Grouping) (tasklog.Groups, error) {
	sets := object{}
	if g.By == "" {
		sets[""] = object{"match_all": object{}}
	} else {
		sets = statusQueries(f.Statuses())
	}
	found, err := e.filters(ctx, f, sets, timesAggregations(g))
	if err != nil {
		return tasklog.Groups{}, err
	}
	var all []tasklog.Group
	for value, answer := range found {
		if answer.Count > 0 {
			all = append(all, answer.group(value, g))
		}
	}
	return tasklog.NewGroups(all, g), nil
}

// statusQueries find the tasks of each status.
func statusQueries(statuses []task.Status) object {
	queries := object{}
	for _, s := range statuses {
		queries[string(s)] = statusQuery(tasklog.NewStatusCondition([]task.Status{s}))
	}
	return queries
}

// filters counts the tasks that satisfy the filter and each of the queries.
func (e *Engine) filters(ctx context.Context, f *tasklog.Filter, queries, inner object) (map[string]groupAnswer, error) {
	a, err := e.aggregate(ctx, f, object{"filters": object{"filters": queries}}, inner)
	if err != nil {
		return nil, err
	}
	found, err := decode[struct{ Buckets map[string]groupAnswer }](a)
	return found.Buckets, err
}

// groupByField makes a group for each value of a field.
func (e *Engine) groupByField(ctx context.Context, f *tasklog.Filter, g tasklog.Grouping) (tasklog.Groups, error) {
	missing, _ := g.By.Missing().(string) // NULL is the empty text here
	a, err := e.aggregate(ctx, f, object{"terms": object{
		"field": g.By.Attribute(), "missing": missing, "size": g.Top, "shard_size": shardGroups,
		"order": []object{{"_count": "desc"}, {"_key": "asc"}},
	}}, timesAggregations(g))
	if err != nil {
		return tasklog.Groups{}, err
	}
	found, err := decode[termsAnswer](a)
	if err != nil {
		return tasklog.Groups{}, fmt.Errorf("decode the groups: %w", err)
	}
	var all []tasklog.Group
	for _, b := range found.Buckets {
		all = append(all, b.group(b.Key, g))
	}
	groups := tasklog.NewGroups(all, g)
	groups.Others = found.Others
	return groups, nil
}

func (e *Engine) aggregate(ctx context.Context, f *tasklog.Filter, aggregation, inner object) (json.RawMessage, error) {
	if inner != nil {
		aggregation["aggs"] = inner
	}
	a, err := e.ask(ctx, func(superseded []string) (object, error) {
		q, err := e.where(f, superseded)
		return object{"query": q, "size": 0, "track_total_hits": false, "aggs": object{groupsName: aggregation}}, err
	})
	return a.Aggregations[groupsName], err
}

// timesAggregations ask for the times of each group, if they are wanted.
func timesAggregations(g tasklog.Grouping) object {
	if !g.Times {
		return nil
	}
	field := object{"field": attribute.Duration.GetName()}
	return object{
		timesName:       object{"stats": field},
		percentilesName: object{"percentiles": object{"field": attribute.Duration.GetName(), "percents": []int{50, 95}}},
	}
}

// groupAnswer is a bucket of an aggregation.
type groupAnswer struct {
	Count int64 `json:"doc_count"`
	Times struct {
		Count         int64
		Min, Avg, Max *float64 // null without tasks
	}
	Percentiles struct {
		Values struct {
			P50 *float64 `json:"50.0"`
			P95 *float64 `json:"95.0"`
		}
	}
}

func (a groupAnswer) group(value string, g tasklog.Grouping) tasklog.Group {
	group := tasklog.Group{Value: value, Count: a.Count}
	if !g.Times {
		return group
	}
	group.Times = &tasklog.Times{}
	if t, p := a.Times, a.Percentiles.Values; t.Count > 0 {
		*group.Times = tasklog.Times{
			Count: t.Count, Min: tasklog.Seconds(*t.Min), Mean: tasklog.Seconds(*t.Avg), Max: tasklog.Seconds(*t.Max),
			P50: tasklog.Seconds(*p.P50), P95: tasklog.Seconds(*p.P95),
		}
	}
	return group
}
