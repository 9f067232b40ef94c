package elastic

import (
	"fmt"
	"strings"
	"time"

	enumspb "go.temporal.io/api/enums/v1"

	"github.com/distributed-task-queue/taskqueue/internal/attribute"
	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/tasklog"
)

// Temporal's own fields.
const (
	namespaceField       = "NamespaceId"
	workflowTypeField    = "WorkflowType"
	workflowIDField      = "WorkflowId"
	runIDField           = "RunId"
	executionStatusField = "ExecutionStatus"
	closeTimeField       = "CloseTime"
	memoField            = "Memo"
	memoEncodingField    = "MemoEncoding"
)

// maxTimes is how many times a list may have: each becomes a range, and Elasticsearch bounds the parts of a query.
const maxTimes = 500

// where returns the query that finds the tasks of the filter. No value gets anywhere but into a JSON string.
func (e *Engine) where(f *tasklog.Filter, superseded []string) (object, error) {
	filters := []object{
		term(namespaceField, e.namespaceID),
		term(workflowTypeField, tasklog.WorkflowType),
		statusesQuery(f),
	}
	ranges := map[tasklog.Column]object{}
	for _, c := range f.Conditions() {
		if c.Column == tasklog.Status {
			continue // all of these are in the query above
		}
		if isTimeBound(c) {
			if ranges[c.Column] == nil { // one range for all bounds: two half-open ones would each be gone through
				ranges[c.Column] = object{"format": timeFormat}
				filters = append(filters, object{"range": object{c.Column.Attribute(): ranges[c.Column]}})
			}
			addBound(ranges[c.Column], c)
			continue
		}
		q, err := conditionQuery(c)
		if err != nil {
			return nil, err
		}
		filters = append(filters, q)
	}
	for _, word := range f.Words() {
		filters = append(filters, wordQuery(word))
	}
	if len(superseded) > 0 {
		filters = append(filters, not(terms(runIDField, superseded)))
	}
	return all(filters...), nil
}

// wordQuery finds the tasks whose text has the word.
func wordQuery(w tasklog.SearchWord) object {
	field := attribute.Text.GetName()
	if w.Prefix {
		return object{"prefix": object{field: object{"value": w.Text}}}
	}
	// The index may make two of a word in which scripts are mixed.
	return object{"match": object{field: object{"query": w.Text, "operator": "and"}}}
}

// statusesQuery finds the tasks with one of the filter's statuses. Few statuses are looked for, but of many the others are left out: what a
// query asks of each task it finds is half as much then.
func statusesQuery(f *tasklog.Filter) object {
	others := f.OtherStatuses()
	if len(others) >= len(f.Statuses()) {
		return statusQuery(tasklog.NewStatusCondition(f.Statuses()))
	}
	c := tasklog.NewStatusCondition(others)
	unlisted := append(executions(c.Executions), enumspb.WORKFLOW_EXECUTION_STATUS_CONTINUED_AS_NEW.String())
	left := []object{terms(executionStatusField, unlisted)}
	if len(others) > 0 {
		left = append(left, undecidedQuery(c))
	}
	return object{"bool": object{"must_not": left}}
}

// statusQuery finds the tasks of a set of effective statuses.
func statusQuery(c tasklog.StatusCondition) object {
	if c.Full() {
		return not(term(executionStatusField, enumspb.WORKFLOW_EXECUTION_STATUS_CONTINUED_AS_NEW.String()))
	}
	return either(terms(executionStatusField, executions(c.Executions)), undecidedQuery(c))
}

// undecidedQuery finds the tasks of the set whose status is what is stored, and not what has become of their execution.
func undecidedQuery(c tasklog.StatusCondition) object {
	field := tasklog.Status.Attribute()
	var stored object
	switch {
	case c.Except && c.HoldsUnset():
		stored = not(terms(field, c.Attributes))
	case c.Except:
		stored = all(exists(field), not(terms(field, c.Attributes)))
	case c.HoldsUnset():
		stored = either(terms(field, c.Attributes), not(exists(field)))
	default:
		stored = terms(field, c.Attributes)
	}
	return all(stored, not(terms(executionStatusField, executions(c.Decided))))
}

func executions(list []enumspb.WorkflowExecutionStatus) []string {
	names := make([]string, len(list))
	for i, s := range list {
		names[i] = s.String()
	}
	return names
}

// conditionQuery finds the tasks that satisfy a condition on another column than the status.
func conditionQuery(c tasklog.Condition) (object, error) {
	field := c.Column.Attribute()
	q, err := storedQuery(field, c)
	if err != nil {
		return nil, err
	}
	if negated(c.Operator) {
		q = not(q)
		if !c.Column.Nullable() && c.Holds(c.Column.Missing()) {
			return q, nil // of what is not set it is true as well
		}
		q = all(exists(field), q)
	}
	switch {
	case c.Column.Nullable():
		if c.Column.Kind() == tasklog.KindText && c.Holds("") {
			q = all(q, not(term(field, ""))) // an empty text is NULL, which no condition matches
		}
	case c.Holds(c.Column.Missing()):
		q = either(q, not(exists(field)))
	}
	return q, nil
}

func negated(op tasklog.Operator) bool {
	return op == tasklog.Neq || op == tasklog.NotLike || op == tasklog.NotIn
}

// storedQuery compares the values that are stored, without the negation of the operator.
func storedQuery(field string, c tasklog.Condition) (object, error) {
	switch c.Operator {
	case tasklog.Like, tasklog.NotLike:
		if len(c.Pattern()) == 0 {
			return term(field, ""), nil // an empty wildcard finds nothing
		}
		return object{"wildcard": object{field: object{
			"value": c.Pattern().Render("*", "?", wildcardEscaper.Replace), "case_insensitive": true,
		}}}, nil
	case tasklog.Lt, tasklog.Lte, tasklog.Gt, tasklog.Gte:
		return object{"range": object{field: object{string(c.Operator): c.Value()}}}, nil
	}
	if c.Column.Kind() != tasklog.KindTime {
		return terms(field, c.Values), nil
	}
	if len(c.Values) > maxTimes {
		return nil, &tasklog.FilterError{
			Field: string(c.Column), Reason: fmt.Sprintf("has a list of %d times; the index takes at most %d", len(c.Values), maxTimes),
		}
	}
	ranges := make([]object, len(c.Values))
	for i, v := range c.Values {
		t := v.(time.Time) //nolint:forcetypeassert // of a column of times
		ranges[i] = object{"range": object{field: object{"gte": timeValue(t), "lt": timeValue(t.Add(time.Millisecond)), "format": timeFormat}}}
	}
	return either(ranges...), nil
}

var wildcardEscaper = strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`)

// The times that a field of nanoseconds can hold.
var (
	earliestTime = time.Unix(0, 0).UTC()
	latestTime   = time.Date(2262, 1, 1, 0, 0, 0, 0, time.UTC)
)

// isTimeBound reports whether the condition is a bound of a time.
func isTimeBound(c tasklog.Condition) bool {
	switch c.Operator {
	case tasklog.Lt, tasklog.Lte, tasklog.Gt, tasklog.Gte:
		return c.Column.Kind() == tasklog.KindTime
	}
	return false
}

// addBound narrows a range by a condition. It compares by the millisecond, though the index may hold more of a time.
func addBound(bounds object, c tasklog.Condition) {
	t, _ := c.Value().(time.Time)
	side, narrower := "gte", func(a, b string) string { return max(a, b) }
	if c.Operator == tasklog.Lt || c.Operator == tasklog.Lte {
		side, narrower = "lt", func(a, b string) string { return min(a, b) }
	}
	if c.Operator == tasklog.Gt || c.Operator == tasklog.Lte {
		t = t.Add(time.Millisecond)
	}
	bound := timeValue(t)
	if other, ok := bounds[side].(string); ok {
		bound = narrower(bound, other)
	}
	bounds[side] = bound
}

// timeFormat is Elasticsearch's name for the form of timeValue.
const timeFormat = "strict_date_optional_time_nanos"

// timeValue writes a time to the millisecond, so that texts are in the order of the times.
func timeValue(t time.Time) string { return clamp(t).UTC().Format("2006-01-02T15:04:05.000Z") }

// clamp returns the time that is nearest to t of those that a field can hold.
func clamp(t time.Time) time.Time {
	switch {
	case t.Before(earliestTime):
		return earliestTime
	case t.After(latestTime):
		return latestTime
	}
	return t
}

func term(field string, value any) object {
	return object{"term": object{field: object{"value": value}}}
}

// terms finds what has one of the values; with none it finds nothing.
func terms[T string | task.Status | any](field string, values []T) object {
	if values == nil {
		values = []T{}
	}
	return object{"terms": object{field: values}}
}

func exists(field string) object { return object{"exists": object{"field": field}} }

// all finds what every query finds. Conjunctions and negations among them become parts of the one that it returns: what a nested one asks
// of each document takes Elasticsearch a third longer.
func all(queries ...object) object {
	var filter, mustNot []object
	for _, q := range queries {
		wanted, unwanted, ok := parts(q)
		if !ok {
			filter = append(filter, q)
			continue
		}
		filter, mustNot = append(filter, wanted...), append(mustNot, unwanted...)
	}
	conjunction := object{}
	if len(filter) > 0 {
		conjunction["filter"] = filter
	}
	if len(mustNot) > 0 {
		conjunction["must_not"] = mustNot
	}
	return object{"bool": conjunction}
}

// parts returns what a conjunction wants and what it does not; ok is false if the query is something else.
func parts(q object) (wanted, unwanted []object, ok bool) {
	inner, ok := q["bool"].(object)
	if !ok {
		return nil, nil, false
	}
	for clause, value := range inner {
		queries, isList := value.([]object)
		switch {
		case isList && clause == "filter":
			wanted = queries
		case isList && clause == "must_not":
			unwanted = queries
		default:
			return nil, nil, false
		}
	}
	return wanted, unwanted, true
}

func not(q object) object { return object{"bool": object{"must_not": []object{q}}} }

func either(queries ...object) object {
	return object{"bool": object{"should": queries, "minimum_should_match": 1}}
}
