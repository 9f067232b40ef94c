package tasklog_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/distributed-task-queue/taskqueue/internal/temporaltest"
	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/tasklog"
)

func parseQuery(t *testing.T, query string) url.Values {
	t.Helper()
	values, err := url.ParseQuery(query)
	require.NoError(t, err)
	return values
}

func TestDataTableQueryWinsOverBody(t *testing.T) {
	t.Parallel()
	var body tasklog.DataTableRequest
	require.NoError(t, json.Unmarshal([]byte(
		`{"rows": 10, "page": 2, "sortby": "label", "sortorder": "asc", "sorttype": "string", "filtercolumns": {"owner": "jane", "queue": ["a"]}}`), &body))
	same, err := body.WithQuery(parseQuery(t, "other=1"))
	require.NoError(t, err)
	require.Equal(t, body, same)

	got, err := body.WithQuery(parseQuery(t, "rows=5&page=0&sortby=owner&sortorder=DESC&sorttype=numeric"+
		"&filtercolumns[label]=x&filtercolumns[status][]=failed&filtercolumns[status][]=archived&filtercolumns[queue][0]=a&filtercolumns[queue][1]=b"+
		"&filtercolumns[category]=import&filtercolumns[category]=export"))
	require.NoError(t, err)
	require.Equal(t, tasklog.DataTableRequest{
		Rows: new(5), Page: new(0), SortBy: "owner", SortOrder: "DESC", SortType: "numeric",
		FilterColumns: map[string]any{
			"label": "x", "status": []any{"failed", "archived"}, "queue": []any{"a", "b"}, "category": []any{"import", "export"},
		},
	}, got)

	var wrong *tasklog.FilterError
	_, err = body.WithQuery(parseQuery(t, "rows=many"))
	require.ErrorAs(t, err, &wrong)
	require.Equal(t, "rows", wrong.Field)
}

// found is an engine that answers every search with the same tasks, and keeps the filters that it was asked with.
type found struct {
	tasklog.Engine

	tasks    tasklog.Collection
	total    int64
	searches []*tasklog.Filter
}

func (e *found) Search(_ context.Context, f *tasklog.Filter) (tasklog.Page, error) {
	e.searches = append(e.searches, f)
	return tasklog.Page{Tasks: e.tasks, Total: e.total}, f.Err()
}

func tableOf(t *testing.T, e *found, f *tasklog.Filter, table tasklog.DataTable) (tasklog.DataTablePayload, error) {
	t.Helper()
	log, err := tasklog.New(tasklog.Config{Client: temporaltest.Dial(t), Engine: e, Clock: func() time.Time { return time.Unix(100, 0) }})
	require.NoError(t, err)
	return log.DataTable(t.Context(), f, table)
}

func TestDataTableRequestBecomesAFilter(t *testing.T) {
	t.Parallel()
	given := tasklog.NewFilter().Eq(tasklog.TaskName, "greet").Limit(7).SortBy(tasklog.ID)
	for name, test := range map[string]struct {
		request tasklog.DataTableRequest
		want    *tasklog.Filter
	}{
		"defaults":              {tasklog.DataTableRequest{}, given.Clone().Limit(25)},
		"page":                  {tasklog.DataTableRequest{Rows: new(10), Page: new(3)}, given.Clone().Limit(10).Offset(20)},
		"page below the first":  {tasklog.DataTableRequest{Page: new(-3)}, given.Clone().Limit(25)},
		"sort":                  {tasklog.DataTableRequest{SortBy: "taskLabel"}, given.Clone().Limit(25).SortBy(tasklog.Label).SortOrder(tasklog.Ascending)},
		"descending":            {tasklog.DataTableRequest{SortBy: "owner", SortOrder: "Desc"}, given.Clone().Limit(25).SortBy(tasklog.Owner).SortOrder(tasklog.Descending)},
		"any other order":       {tasklog.DataTableRequest{SortBy: "owner", SortOrder: "up"}, given.Clone().Limit(25).SortBy(tasklog.Owner).SortOrder(tasklog.Ascending)},
		"order without a sort":  {tasklog.DataTableRequest{SortOrder: "desc", SortType: "numeric"}, given.Clone().Limit(25)},
		"value":                 {columns("label", "x"), given.Clone().Limit(25).Eq(tasklog.Label, "x")},
		"spelled as in JSON":    {columns("taskLabel", "x"), given.Clone().Limit(25).Eq(tasklog.Label, "x")},
		"list":                  {columns("queue", []any{"a", "b"}), given.Clone().Limit(25).In(tasklog.Queue, []string{"a", "b"})},
		"list of Go texts":      {columns("queue", []string{"a"}), given.Clone().Limit(25).In(tasklog.Queue, []string{"a"})},
		"number":                {columns("label", 12345678.0), given.Clone().Limit(25).Eq(tasklog.Label, "12345678")},
		"whole number":          {columns("label", 12), given.Clone().Limit(25).Eq(tasklog.Label, "12")},
		"true":                  {columns("label", true), given.Clone().Limit(25).Eq(tasklog.Label, "1")},
		"bool":                  {columns("masterStatus", true), given.Clone().Limit(25).Eq(tasklog.MasterStatus, true)},
		"time":                  {columns("created_at", 1e9), given.Clone().Limit(25).Eq(tasklog.CreatedAt, 1e9)},
		"status":                {columns("status", "failed"), given.Clone().Limit(25).In(tasklog.Status, []string{"failed"})},
		"group of statuses":     {columns("status", "in_progress"), given.Clone().Limit(25).In(tasklog.Status, task.GroupInProgress.Statuses())},
		"groups and statuses":   {columns("status", []any{"created", "failed"}), given.Clone().Limit(25).In(tasklog.Status, []string{"enqueued", "failed"})},
		"seconds":               {columns("createdAt", 1735689600.0), given.Clone().Limit(25).Eq(tasklog.CreatedAt, 1735689600)},
		"seconds as text":       {columns("createdAt", "1735689600"), given.Clone().Limit(25).Eq(tasklog.CreatedAt, 1735689600)},
		"list of such":          {columns("createdAt", []any{"1735689600", "2026-01-31"}), given.Clone().Limit(25).In(tasklog.CreatedAt, []any{1735689600, "2026-01-31"})},
		"empty text":            {columns("label", ""), given.Clone().Limit(25)},
		"zero as text":          {columns("label", "0"), given.Clone().Limit(25)},
		"zero":                  {columns("label", 0.0), given.Clone().Limit(25)},
		"null":                  {columns("label", nil), given.Clone().Limit(25)},
		"false":                 {columns("masterStatus", false), given.Clone().Limit(25)},
		"empty list":            {columns("label", []any{}), given.Clone().Limit(25)},
		"list with empty texts": {columns("label", []any{"", "0"}), given.Clone().Limit(25).In(tasklog.Label, []string{"", "0"})},
	} {
		e := &found{}
		before := given.Clone()
		_, err := tableOf(t, e, given, tasklog.DataTable{Request: test.request})
		require.NoError(t, err, name)
		require.Equal(t, before, given, "the filter stays as it is")
		require.Equal(t, []*tasklog.Filter{test.want.WithTotal()}, e.searches, name)
	}
}

func columns(name string, value any) tasklog.DataTableRequest {
	return tasklog.DataTableRequest{FilterColumns: map[string]any{name: value}}
}

func TestDataTableRefusesWrongRequests(t *testing.T) {
	t.Parallel()
	for field, request := range map[string]tasklog.DataTableRequest{
		"rows":       {Rows: new(0)},
		"page":       {Page: new(1 << 31)},
		"colour":     {SortBy: "colour"},
		"size":       columns("size", ""),
		"status":     columns("status", "done"),
		"created_at": columns("createdAt", "soon"),
		"label":      columns("label", map[string]any{"a": 1}),
		"owner":      columns("owner", []any{"jane", nil}),
	} {
		e := &found{}
		_, err := tableOf(t, e, tasklog.NewFilter(), tasklog.DataTable{Request: request})
		var wrong *tasklog.FilterError
		require.ErrorAs(t, err, &wrong, field)
		require.Equal(t, field, wrong.Field)
		require.Empty(t, e.searches)
	}
}

func TestDataTablePayload(t *testing.T) {
	t.Parallel()
	e := &found{total: 21, tasks: tasklog.Collection{
		{ID: "a", TaskName: "greet", Status: task.Completed, Label: "one", CreatedAt: time.Unix(40, 0), Queue: "q"},
	}}
	payload := func(table tasklog.DataTable) (tasklog.DataTablePayload, string) {
		t.Helper()
		p, err := tableOf(t, e, tasklog.NewFilter(), table)
		require.NoError(t, err)
		encoded, err := json.Marshal(p)
		require.NoError(t, err)
		return p, string(encoded)
	}
	const start = `{"id":"a","taskName":"greet","status":"completed","masterStatus":false,"statusLabel":"Completed","taskLabel":"one",`
	request := tasklog.DataTableRequest{Rows: new(10), Page: new(3)}
	p, encoded := payload(tasklog.DataTable{Request: request})
	require.Equal(t, `{"rows":10,"page":3,"amount":1,"total":3,"data":[`+start+`"createdAt":40,"createdAtElapsed":60}]}`, encoded)
	require.EqualValues(t, 21, p.Count)
	require.Equal(t, task.ID("a"), p.Data[0].Entity.ID)

	_, encoded = payload(tasklog.DataTable{Request: request, Presenter: tasklog.Presenter{}.With(tasklog.WithCategory())})
	require.Contains(t, encoded, `"createdAtElapsed":60,"category":""}`)

	custom := func(e tasklog.Entity) (map[string]any, error) {
		return map[string]any{"taskLabel": e.Label + "!", "where": e.Queue, "again": true}, nil
	}
	_, encoded = payload(tasklog.DataTable{Request: request, CustomiseRow: custom})
	require.Contains(t, encoded, `"statusLabel":"Completed","taskLabel":"one!","createdAt":40,"createdAtElapsed":60,"again":true,"where":"q"}]`)
	_, encoded = payload(tasklog.DataTable{Request: request, CustomiseRow: custom, Override: true})
	require.Contains(t, encoded, `"data":[{"again":true,"taskLabel":"one!","where":"q"}]`)

	failure := errors.New("no such picture")
	_, err := tableOf(t, e, tasklog.NewFilter(), tasklog.DataTable{
		CustomiseRow: func(tasklog.Entity) (map[string]any, error) { return nil, failure },
	})
	require.ErrorIs(t, err, failure)

	e.tasks, e.total = nil, 0
	_, encoded = payload(tasklog.DataTable{Request: tasklog.DataTableRequest{Page: new(-1)}, CustomiseRow: custom})
	require.Equal(t, `{"rows":25,"page":1,"amount":0,"total":0,"data":[]}`, encoded)
}
