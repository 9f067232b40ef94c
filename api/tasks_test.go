package api_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/distributed-task-queue/taskqueue/internal/temporaltest"
	"github.com/distributed-task-queue/taskqueue/task"
)

func TestTaskFromEnqueueToReport(t *testing.T) {
	t.Parallel()
	b := setup(t)
	owner := temporaltest.UniqueName(t)
	a := b.do(http.MethodPost, "/api/v1/tasks", map[string]any{
		"action": "echo", "parameters": map[string]any{"fail": false}, "label": "Say hello", "owner": owner,
		"category": "import", "parentId": "parent-1", "masterStatus": true, "priority": 2,
	})
	created := read[entity](t, a, http.StatusCreated)
	require.Equal(t, "/api/v1/tasks/"+created.ID, a.Header.Get("Location"))
	require.Equal(t, "created", created.Status)
	require.Equal(t, "enqueued", created.RawStatus)
	require.Equal(t, b.queue, created.Queue)

	// What the API says without asking the log is what the log says.
	var said, logged map[string]any
	require.NoError(t, json.Unmarshal(a.body, &said))
	require.NoError(t, json.Unmarshal(b.do(http.MethodGet, a.Header.Get("Location"), nil).body, &logged))
	for _, m := range []map[string]any{said, logged} {
		delete(m, "createdAtElapsed")
		delete(m, "updatedAtElapsed")
	}
	require.Equal(t, logged, said)

	b.work()
	done := b.awaitClosed(created.ID)
	require.Equal(t, "completed", done.Status)
	require.Equal(t, "hello", done.Report.Children[0].Message)
	require.Equal(t, owner, done.Owner)
	require.Equal(t, "import", done.Category)
	require.Equal(t, "parent-1", done.ParentID)
	require.JSONEq(t, `{"fail":false}`, string(done.Parameters))
}

// The keys of the system that this one replaces come first, in its order.
func TestEntityKeysKeepTheirOrder(t *testing.T) {
	t.Parallel()
	b := setup(t)
	a := b.do(http.MethodPost, "/api/v1/tasks", map[string]any{"action": "echo", "label": "x", "owner": "me", "parentId": "p"})
	require.Equal(t, http.StatusCreated, a.StatusCode)
	decoder := json.NewDecoder(strings.NewReader(string(a.body)))
	_, err := decoder.Token()
	require.NoError(t, err)
	var keys []string
	for decoder.More() {
		key, err := decoder.Token()
		require.NoError(t, err)
		keys = append(keys, key.(string))
		var skipped json.RawMessage
		require.NoError(t, decoder.Decode(&skipped))
	}
	require.Equal(t, []string{
		"id", "taskName", "status", "masterStatus", "statusLabel", "taskLabel", "createdAt", "createdAtElapsed", "updatedAt", "updatedAtElapsed",
		"category", "hasFile", "rawStatus", "queue", "owner", "parentId", "parameters",
	}, keys)
}

func TestAnyIDWorksInAPath(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := "http://demo.test/x.rdf?a=1#i9 50%/" + temporaltest.UniqueName(t)
	a := b.do(http.MethodPost, "/api/v1/tasks", map[string]any{"action": "echo", "id": id})
	require.Equal(t, id, read[entity](t, a, http.StatusCreated).ID)
	require.Equal(t, "/api/v1/tasks/"+url.PathEscape(id), a.Header.Get("Location"))
	require.Equal(t, id, read[entity](t, b.do(http.MethodGet, a.Header.Get("Location"), nil), http.StatusOK).ID)
}

func TestListAndSearch(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.work()
	owner := temporaltest.UniqueName(t)
	good := b.create(map[string]any{"action": "echo", "label": "Good one", "owner": owner, "category": "export"}).ID
	bad := b.create(map[string]any{"action": "echo", "parameters": map[string]any{"fail": true}, "label": "Bad one", "owner": owner}).ID
	waiting := b.create(map[string]any{"action": "declared", "label": "Waits", "owner": owner, "delay": "1h", "parameters": strings.Repeat("x", 300)}).ID
	b.awaitClosed(good)
	b.awaitClosed(bad)
	get := func(query string) list {
		t.Helper()
		return read[list](t, b.do(http.MethodGet, "/api/v1/tasks?owner="+owner+"&"+query, nil), http.StatusOK)
	}
	b.await("the index knows all three", func() bool {
		return get("status=completed").Total == 1 && get("status=failed").Total == 1 && get("status=enqueued").Total == 1
	})

	for query, want := range map[string][]string{
		"":                                {waiting, bad, good},
		"status=completed":                {good},
		"status=completed&status=failed":  {bad, good},
		"status=created":                  {waiting},
		"status=in_progress":              {},
		"action=echo":                     {bad, good},
		"taskName=echo&taskName=declared": {waiting, bad, good},
		"category=export":                 {good},
		"label=Waits":                     {waiting},
		"queue=" + b.queue:                {waiting, bad, good},
		"queue=" + b.queue + "-b":         {},
		"parentId=nobody":                 {},
		"available=" + owner:              {waiting, bad, good},
		"available=somebody-else":         {},
		"filter=label+like+%25one":        {bad, good},
		"filter=status+in+failed,enqueued&filter=createdAt+%3E%3D+2020-01-01": {waiting, bad},
		"filter=label+%3D+%22Good+one%22":                                     {good},
		`filter=label+not+in+["Good+one"]`:                                    {waiting, bad},
		"filter=created_at+lt+1577836800":                                     {},
		"filter=masterStatus+eq+true":                                         {},
		"sortBy=createdAt":                                                    {good, bad, waiting},
		"sortBy=created_at&sortOrder=desc":                                    {waiting, bad, good},
		"sortBy=taskLabel&limit=1&offset=1":                                   {good},
	} {
		got := get(query)
		require.Equal(t, want, got.ids(), query)
	}
	page := get("limit=1&offset=1")
	require.EqualValues(t, 3, page.Total)
	require.Len(t, page.Tasks, 1)
	require.Empty(t, get("limit=0").Tasks)
	slimmer := get("label=Good+one&deselect=label&deselect=queue").Tasks[0]
	require.Empty(t, slimmer.TaskLabel+slimmer.Queue)
	require.NotEmpty(t, slimmer.Category)
	require.Nil(t, get("label=Waits").Tasks[0].Parameters, "the index has only their beginning")

	search := func(body string) list {
		t.Helper()
		body = strings.Replace(body, "OWNER", `{"column":"owner","op":"eq","value":"`+owner+`"}`, 1)
		return read[list](t, b.do(http.MethodPost, "/api/v1/tasks/search", body), http.StatusOK)
	}
	for body, want := range map[string][]string{
		`{"filters":[OWNER]}`: {waiting, bad, good},
		`{"filters":[OWNER,{"column":"taskLabel","op":"like","value":"%one"}],"sortBy":"label"}`:                          {bad, good},
		`{"filters":[OWNER,{"column":"label","op":"NOT LIKE","value":"%one"}]}`:                                           {waiting},
		`{"filters":[OWNER,{"column":"status","op":"IN","value":["failed","enqueued"]}]}`:                                 {waiting, bad},
		`{"filters":[OWNER,{"column":"status","op":"notIn","value":["failed","enqueued"]}]}`:                              {good},
		`{"filters":[OWNER,{"column":"createdAt","op":"gte","value":"2020-01-01T00:00:00Z"}],"limit":1,"sortBy":"label"}`: {bad},
		`{"filters":[OWNER,{"column":"createdAt","op":"<","value":1577836800}]}`:                                          {},
		`{"filters":[OWNER,{"column":"masterStatus","op":"=","value":true}]}`:                                             {},
		`{"filters":[OWNER],"available":{}}`:                                                                              {waiting, bad, good},
		`{"available":{"user":"` + owner + `","cancelled":true,"archived":true},"offset":2}`:                              {good},
	} {
		require.Equal(t, want, search(body).ids(), body)
	}
	slim := search(`{"filters":[OWNER,{"column":"label","op":"eq","value":"Good one"}],"deselect":["label","created_at","queue","parameters","category"]}`).Tasks[0]
	require.Equal(t, entity{ID: good, TaskName: "echo", Status: "completed", RawStatus: "completed", Owner: owner, Report: slim.Report}, slim)

	stats := b.do(http.MethodGet, "/api/v1/stats?user="+owner, nil)
	require.Equal(t, http.StatusOK, stats.StatusCode)
	require.JSONEq(t, `{"numberOfTasksCompleted":1,"numberOfTasksFailed":1,"numberOfTasksInProgress":0}`, string(stats.body))
	require.Equal(t, http.StatusOK, b.do(http.MethodGet, "/api/v1/stats", nil).StatusCode)
}

func TestProgressAndTree(t *testing.T) {
	t.Parallel()
	b := setup(t)
	quit := make(chan struct{})
	b.withFamily(quit)
	b.work()
	parent := b.create(map[string]any{"action": "family", "label": "parent"}).ID
	b.await("the progress shows", func() bool {
		e := read[struct{ Progress *task.Progress }](t, b.do(http.MethodGet, "/api/v1/tasks/"+parent, nil), http.StatusOK)
		return e.Progress != nil && *e.Progress == task.Progress{Percent: 50, Message: "half-way"}
	})
	close(quit)
	b.awaitClosed(parent)
	type tree struct {
		Task     entity
		Children []tree
	}
	var got tree
	b.await("the index knows the child", func() bool {
		got = read[tree](t, b.do(http.MethodGet, "/api/v1/tasks/"+parent+"/tree", nil), http.StatusOK)
		return len(got.Children) == 1 && got.Children[0].Task.Status == "completed"
	})
	require.Equal(t, parent, got.Task.ID)
	require.Equal(t, "completed", got.Task.Status)
	require.Equal(t, parent, got.Children[0].Task.ParentID)
	require.Empty(t, got.Children[0].Children)
	readProblem(t, b.do(http.MethodGet, "/api/v1/tasks/nobody/tree", nil), http.StatusNotFound)
}

func TestPauseAndResumeAQueue(t *testing.T) {
	t.Parallel()
	b := setup(t)
	type queue struct {
		Name, PauseReason string
		Paused            bool
	}
	path := "/api/v1/queues/" + b.queue
	paused := read[queue](t, b.do(http.MethodPost, path+"/pause", map[string]any{"reason": "the printer burns"}), http.StatusOK)
	require.Equal(t, queue{b.queue, "the printer burns", true}, paused)
	require.Equal(t, queue{Name: b.queue}, read[queue](t, b.do(http.MethodPost, path+"/resume", nil), http.StatusOK))
	require.True(t, read[queue](t, b.do(http.MethodPost, path+"/pause", nil), http.StatusOK).Paused, "a body is optional")
	readProblem(t, b.do(http.MethodPost, path+"/pause", `{"reason":1}`), http.StatusUnprocessableEntity)
	readProblem(t, b.do(http.MethodPost, "/api/v1/queues/nowhere/pause", nil), http.StatusNotFound)
	readProblem(t, b.do(http.MethodPost, "/api/v1/queues/nowhere/resume", nil), http.StatusNotFound)
}

func TestLargeTasks(t *testing.T) {
	t.Parallel()
	b := setup(t)
	large := strings.Repeat("x", 1<<20)
	id := b.create(map[string]any{"action": "declared", "parameters": large}).ID
	got := read[entity](t, b.do(http.MethodGet, "/api/v1/tasks/"+id, nil), http.StatusOK)
	require.JSONEq(t, `"`+large+`"`, string(got.Parameters))

	over := b.do(http.MethodPost, "/api/v1/tasks", map[string]any{"action": "declared", "parameters": strings.Repeat("x", 2<<20)})
	p := readProblem(t, over, http.StatusRequestEntityTooLarge)
	require.Equal(t, "parameters", p.Field)
	require.Contains(t, p.Detail, "at most 2093056 are allowed")

	far := b.do(http.MethodPost, "/api/v1/tasks", map[string]any{"action": "declared", "parameters": strings.Repeat("x", 4<<20)})
	require.Contains(t, readProblem(t, far, http.StatusRequestEntityTooLarge).Detail, "bytes; a task may have at most")
}

func TestQueuesActionsHealthAndDocument(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.create(map[string]any{"action": "declared"})
	type queue struct {
		Name         string
		Weight       int
		Default      bool
		Waiting      int
		Associations []string
	}
	var queues []queue
	b.await("the task counts as waiting", func() bool {
		queues = read[struct{ Queues []queue }](t, b.do(http.MethodGet, "/api/v1/queues", nil), http.StatusOK).Queues
		return queues[0].Waiting > 0
	})
	require.Equal(t, []queue{
		{Name: b.queue, Weight: 3, Default: true, Waiting: queues[0].Waiting, Associations: []string{}},
		{Name: b.queue + "-b", Weight: 1, Associations: []string{"elsewhere"}},
	}, queues)

	actions := b.do(http.MethodGet, "/api/v1/actions", nil)
	require.JSONEq(t, `{"actions":[{"name":"described","schema":{"type":"object"}},{"name":"echo","schema":
		{"type":"object","properties":{"fail":{"type":"boolean"},"file":{"type":"string"}},"required":["fail","file"],"additionalProperties":false}}]}`, string(actions.body))
	require.Equal(t, http.StatusOK, b.do(http.MethodGet, "/healthz", nil).StatusCode)
	ready := b.do(http.MethodGet, "/readyz", nil)
	require.Equal(t, http.StatusOK, ready.StatusCode, "%s", ready.body)
	doc := b.do(http.MethodGet, "/openapi.yaml", nil)
	require.Equal(t, "application/yaml", doc.Header.Get("Content-Type"))
	require.Contains(t, string(doc.body), "openapi: 3.1.0")
}
