package api

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"go.temporal.io/sdk/client"

	"github.com/distributed-task-queue/taskqueue"
	"github.com/distributed-task-queue/taskqueue/api/auth"
	"github.com/distributed-task-queue/taskqueue/tasklog"
)

// parsing is a call without a server behind it: enough to read what a request wants.
func parsing(f *testing.F) func(request *http.Request) *call {
	f.Helper()
	nowhere, err := client.NewLazyClient(client.Options{HostPort: "127.0.0.1:1"})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(nowhere.Close)
	tasks, err := taskqueue.New(taskqueue.Config{Temporal: nowhere})
	if err != nil {
		f.Fatal(err)
	}
	return func(request *http.Request) *call {
		c, _ := gin.CreateTestContext(httptest.NewRecorder())
		c.Request = request
		return &call{Context: c, visitor: visitor{Identity: auth.Identity{Role: auth.Operator}}, log: tasks.TaskLog()}
	}
}

// refusal fails the test unless what is wrong is the client's mistake, and the answer says so.
func refusal(t *testing.T, input string, err error) {
	t.Helper()
	if p := problemOf(err); p.Status < 400 || p.Status >= 500 || p.Detail == "" {
		t.Fatalf("%q: %d %q: %v", input, p.Status, p.Detail, err)
	}
}

// fuzzed returns what reads a request for an operation: nil, or what is wrong with it.
func fuzzed(f *testing.F, operation string, read func(*call) (*tasklog.Filter, error)) func(*http.Request) error {
	f.Helper()
	described, err := loadContract()
	if err != nil {
		f.Fatal(err)
	}
	s := &Server{contract: described}
	r := routes[slices.IndexFunc(routes, func(r route) bool { return r.operation == operation })]
	newCall := parsing(f)
	return func(request *http.Request) error {
		request.Method = r.method
		c := newCall(request)
		if err := s.admit(c, r, described.operations[operation]); err != nil {
			return err
		}
		filter, err := read(c)
		if err != nil {
			return err
		}
		return filter.Err()
	}
}

func FuzzListQuery(f *testing.F) {
	for _, query := range []string{
		"", "status=failed&status=created&owner=jane&text=invoic*&available=jane", "filter=createdAt+%3E%3D+2026-01-31&filter=label+like+Import%25",
		`filter=owner+in+["a","b"]&deselect=label&sortBy=taskLabel&sortOrder=desc&limit=3`, "filter=%ff", "filter=status+eq+done", "cursor=bm9uc2Vuc2U&offset=1",
		"limit=1e3", "filter[owner]=jane", "a=%zz",
	} {
		f.Add(query)
	}
	try := fuzzed(f, "listTasks", func(c *call) (*tasklog.Filter, error) {
		filter, _, err := c.listQuery()
		return filter, err
	})
	f.Fuzz(func(t *testing.T, query string) {
		if err := try(&http.Request{URL: &url.URL{RawQuery: query}, Header: http.Header{}}); err != nil {
			refusal(t, query, err)
		}
	})
}

func FuzzSearchBody(f *testing.F) {
	for _, body := range []string{
		`{}`, `{"filters":[{"column":"status","op":"in","value":["failed"]},{"column":"createdAt","op":"gte","value":1e300}],"limit":3,"sortBy":"label"}`,
		`{"text":"a b*","available":{"user":"jane","archived":true},"deselect":["label"]}`, `{"filters":[{"column":"owner","op":"eq","value":"\ud800\u0000"}]}`,
		`{"cursor":"bm9uc2Vuc2U"}`, `[`, `{"a":1,"a":2}`,
	} {
		f.Add(body)
	}
	try := fuzzed(f, "searchTasks", (*call).searchBody)
	f.Fuzz(func(t *testing.T, body string) {
		header := http.Header{"Content-Type": {"application/json"}}
		if err := try(&http.Request{URL: &url.URL{}, Header: header, Body: io.NopCloser(strings.NewReader(body))}); err != nil {
			refusal(t, body, err)
		}
	})
}
