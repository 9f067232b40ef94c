// Package elastic_test runs the REST API on a task log in Elasticsearch.
package elastic_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	taskqueue "github.com/distributed-task-queue/taskqueue"
	"github.com/distributed-task-queue/taskqueue/api"
	"github.com/distributed-task-queue/taskqueue/internal/elastictest"
	"github.com/distributed-task-queue/taskqueue/internal/temporaltest"
	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/tasklog"
	"github.com/distributed-task-queue/taskqueue/tasklog/elastic"
	"github.com/distributed-task-queue/taskqueue/worker"
)

func TestMain(m *testing.M) { temporaltest.MainWithElasticsearch(m) }

// bundle is an API with a queue of its own, whose task log reads one index.
type bundle struct {
	t      *testing.T
	client *taskqueue.Client
	queue  string
	url    string
}

type greet struct {
	Name string `json:"name"`
}

func (greet) Action() string { return "greet" }

func setup(t *testing.T, index string) *bundle {
	t.Helper()
	es := temporaltest.Server().Elasticsearch
	dialled := temporaltest.Dial(t)
	engine, err := elastic.Open(t.Context(), elastic.Config{
		Connection: elastic.Connection{Addresses: []string{es.URL}, Index: index}, Client: dialled, Namespace: temporaltest.Namespace,
	})
	require.NoError(t, err)
	actions := taskqueue.NewRegistry()
	require.NoError(t, taskqueue.Register(actions, func(_ context.Context, p greet) (task.Report, error) {
		return task.Success("hello %s", p.Name), nil
	}))
	b := &bundle{t: t, queue: temporaltest.UniqueName(t)}
	b.client, err = taskqueue.New(taskqueue.Config{
		Temporal: dialled, Namespace: temporaltest.Namespace, Queues: []taskqueue.Queue{{Name: b.queue}}, Actions: actions,
		Declared: []string{"declared"}, TaskLog: engine,
	})
	require.NoError(t, err)
	server, err := api.New(api.Config{Client: b.client, Logger: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	listening := httptest.NewServer(server.Handler())
	t.Cleanup(listening.Close)
	b.url = listening.URL
	return b
}

func (b *bundle) work() {
	b.t.Helper()
	w, err := b.client.NewWorker(worker.Config{Concurrency: 4})
	require.NoError(b.t, err)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx) }()
	b.t.Cleanup(func() {
		stop()
		require.NoError(b.t, <-ended)
	})
}

type object = map[string]any

type answer struct {
	*http.Response
	body []byte
}

func (b *bundle) do(method, path string, body any) answer {
	b.t.Helper()
	encoded, err := json.Marshal(body)
	require.NoError(b.t, err)
	if body == nil {
		encoded = nil
	}
	request, err := http.NewRequestWithContext(b.t.Context(), method, b.url+path, bytes.NewReader(encoded))
	require.NoError(b.t, err)
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	require.NoError(b.t, err)
	defer response.Body.Close()
	got, err := io.ReadAll(response.Body)
	require.NoError(b.t, err)
	return answer{response, got}
}

func read[T any](t *testing.T, a answer, status int) (v T) {
	t.Helper()
	require.Equal(t, status, a.StatusCode, "%s", a.body)
	require.NoError(t, json.Unmarshal(a.body, &v), "%s", a.body)
	return v
}

type entity struct {
	ID, TaskLabel, RawStatus string
	Highlights               map[string][]tasklog.Highlight
}

type list struct {
	Total int64
	Tasks []entity
	Next  string
}

func (l list) labels() (labels []string) {
	for _, e := range l.Tasks {
		labels = append(labels, e.TaskLabel)
	}
	return labels
}

func (b *bundle) create(body object) string {
	b.t.Helper()
	return read[entity](b.t, b.do(http.MethodPost, "/api/v1/tasks", body), http.StatusCreated).ID
}

func (b *bundle) list(query string) list {
	b.t.Helper()
	return read[list](b.t, b.do(http.MethodGet, "/api/v1/tasks?queue="+b.queue+query, nil), http.StatusOK)
}

func TestListsGroupsAndTables(t *testing.T) {
	t.Parallel()
	b := setup(t, temporaltest.Server().Elasticsearch.Index)
	b.work()
	var labels []string
	for i := range 7 {
		labels = append(labels, fmt.Sprint("greeting ", i))
		b.create(object{"action": "greet", "label": labels[i], "parameters": greet{Name: "Zoë"}})
	}
	b.create(object{"action": "declared", "label": "waits", "delay": "1h"})
	require.Eventually(t, func() bool {
		return b.list("").Total == 8 && b.list("&status=completed").Total == 7
	}, time.Minute, 100*time.Millisecond)

	var walked []string
	for path := "/api/v1/tasks?limit=3&sortBy=taskLabel&action=greet&queue=" + b.queue; path != ""; {
		a := b.do(http.MethodGet, path, nil)
		page := read[list](t, a, http.StatusOK)
		require.EqualValues(t, 7, page.Total)
		walked = append(walked, page.labels()...)
		path = ""
		if next := regexp.MustCompile(`<([^>]*)>; rel="next"`).FindStringSubmatch(a.Header.Get("Link")); next != nil {
			path = next[1]
		}
		require.Equal(t, page.Next == "", path == "")
	}
	require.Equal(t, labels, walked)

	found := b.list("&text=ZOE+hello+3")
	require.Equal(t, labels[3:4], found.labels())
	require.Equal(t, []tasklog.Highlight{{{Text: "greeting "}, {Text: "3", Match: true}}}, found.Tasks[0].Highlights["taskLabel"])
	require.NotEmpty(t, found.Tasks[0].Highlights["report"])
	require.NotEmpty(t, found.Tasks[0].Highlights["parameters"])
	require.EqualValues(t, 7, b.list("&text=greet*").Total)

	groups := read[tasklog.Groups](t, b.do(http.MethodGet, "/api/v1/stats/groups?by=status&times=true&queue="+b.queue, nil), http.StatusOK)
	require.Len(t, groups.Groups, 2)
	require.Equal(t, "completed", groups.Groups[0].Value)
	require.EqualValues(t, 7, groups.Groups[0].Count)
	require.EqualValues(t, 7, groups.Groups[0].Times.Count)
	require.Positive(t, groups.Groups[0].Times.Max)
	require.Equal(t, tasklog.Group{Value: "enqueued", Count: 1, Times: &tasklog.Times{}}, groups.Groups[1])

	table := read[struct {
		Rows, Page, Amount, Total int
		Data                      []entity
	}](t, b.do(http.MethodPost, "/api/v1/datatable?filtercolumns[queue]="+b.queue+"&filtercolumns[status][]=created&filtercolumns[status][]=completed",
		object{"rows": 3, "page": 3, "sortby": "label"}), http.StatusOK)
	require.Equal(t, []int{3, 3, 2, 3}, []int{table.Rows, table.Page, table.Amount, table.Total})
	require.Equal(t, []string{"greeting 6", "waits"}, list{Tasks: table.Data}.labels())
}

type problem struct{ Type, Detail string }

// refusesLists checks that all that needs the index is refused in the same way, and returns the detail.
func (b *bundle) refusesLists(kind string) string {
	b.t.Helper()
	var p problem
	for _, r := range []struct {
		method, path string
		body         any
	}{
		{http.MethodGet, "/api/v1/tasks", nil},
		{http.MethodPost, "/api/v1/tasks/search", object{"text": "x"}},
		{http.MethodPost, "/api/v1/datatable", nil},
		{http.MethodGet, "/api/v1/stats", nil},
		{http.MethodGet, "/api/v1/stats/groups?by=owner", nil},
	} {
		a := b.do(r.method, r.path, r.body)
		p = read[problem](b.t, a, http.StatusServiceUnavailable)
		require.Equal(b.t, "urn:taskqueue:problem:"+kind, p.Type, p.Detail)
		require.NotEmpty(b.t, a.Header.Get("Retry-After"))
	}
	return p.Detail
}

// goesOn checks that all that needs no index works.
func (b *bundle) goesOn() {
	b.t.Helper()
	for _, path := range []string{"/cancel", "/archive"} {
		id := b.create(object{"action": "declared", "label": "controlled", "delay": "1h"})
		require.Equal(b.t, http.StatusOK, b.do(http.MethodPost, "/api/v1/tasks/"+id+path, nil).StatusCode)
		require.Equal(b.t, http.StatusOK, b.do(http.MethodGet, "/api/v1/tasks/"+id, nil).StatusCode)
		require.Equal(b.t, http.StatusCreated, b.do(http.MethodPost, "/api/v1/tasks/"+id+"/rerun", nil).StatusCode)
	}
	require.Equal(b.t, http.StatusOK, b.do(http.MethodGet, "/api/v1/queues", nil).StatusCode)
	require.Equal(b.t, http.StatusOK, b.do(http.MethodGet, "/healthz", nil).StatusCode)
	// Were it not ready, nobody would send it what it can do.
	require.Equal(b.t, http.StatusOK, b.do(http.MethodGet, "/readyz", nil).StatusCode)
}

func TestWithoutTheRightIndex(t *testing.T) {
	t.Parallel()
	missing := "missing-" + uuid.NewString()[:8]
	b := setup(t, missing)
	detail := b.refusesLists("index-missing")
	require.NotContains(t, detail, missing, "where the index is stays in the log")
	require.Contains(t, detail, "`taskctl init` makes it")
	require.Contains(t, detail, "Meanwhile tasks can be enqueued")
	b.goesOn()

	foreign := "foreign-" + uuid.NewString()[:8]
	es := temporaltest.Server().Elasticsearch
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPut, es.URL+"/"+foreign,
		strings.NewReader(`{"mappings": {"properties": {"TaskOwner": {"type": "text"}}}}`))
	require.NoError(t, err)
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Equal(t, http.StatusOK, response.StatusCode)
	b = setup(t, foreign)
	require.Contains(t, b.refusesLists("index-not-searchable"), "lacks fields, or has some of another type")
	b.goesOn()
}

// While Elasticsearch is down only lists are refused, and when it is back nothing is missing from them. Not parallel: it stops the
// server that the other tests use.
func TestAnOutageOfElasticsearch(t *testing.T) {
	es := temporaltest.Server().Elasticsearch
	if !es.Owned() {
		t.Skip(elastictest.ErrNotOwned)
	}
	b := setup(t, es.Index)
	b.work()
	b.create(object{"action": "greet", "label": "before"})
	require.Eventually(t, func() bool { return b.list("&status=completed").Total == 1 }, time.Minute, 100*time.Millisecond)

	require.NoError(t, es.Stop())
	id := b.create(object{"action": "greet", "label": "meanwhile"})
	require.Eventually(t, func() bool {
		return read[entity](t, b.do(http.MethodGet, "/api/v1/tasks/"+id, nil), http.StatusOK).RawStatus == string(task.Completed)
	}, time.Minute, 50*time.Millisecond, "tasks run, and can be read by their ids")
	detail := b.refusesLists("index-unavailable")
	require.Contains(t, detail, "is not available, try again later")
	require.Contains(t, detail, "Meanwhile tasks can be enqueued")
	b.goesOn()

	require.NoError(t, es.Restart(t.Context()))
	b.create(object{"action": "greet", "label": "after"})
	require.Eventually(t, func() bool {
		a := b.do(http.MethodGet, "/api/v1/tasks?limit=100&queue="+b.queue, nil)
		if a.StatusCode == http.StatusServiceUnavailable { // its shards are being started
			return false
		}
		// Three greetings, a cancelled and an archived task, and what was made of both again.
		return read[list](t, a, http.StatusOK).Total == 7 && b.list("&status=completed").Total == 3 &&
			b.list("&status=cancelled&status=archived").Total == 2
	}, 2*time.Minute, 200*time.Millisecond)
	require.Equal(t, []string{"after", "before", "meanwhile"}, b.list("&status=completed&sortBy=label").labels())
}
