package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"gocloud.dev/blob"
	"gocloud.dev/blob/memblob"

	"github.com/distributed-task-queue/taskqueue"
	"github.com/distributed-task-queue/taskqueue/api"
	"github.com/distributed-task-queue/taskqueue/internal/temporaltest"
	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/worker"
)

// bundle is a running API with a queue of its own on the package's Temporal server.
type bundle struct {
	t      *testing.T
	client *taskqueue.Client
	files  *blob.Bucket
	queue  string
	url    string
	http   *http.Client
}

// echo answers with the report that its parameters describe.
type echo struct {
	Fail bool   `json:"fail"`
	File string `json:"file"`
}

func (echo) Action() string { return "echo" }

func runEcho(_ context.Context, p echo) (task.Report, error) {
	if p.Fail {
		return task.Error("it was told to fail"), nil
	}
	if p.File != "" {
		return task.Success("wrote a file").WithData(p.File), nil
	}
	return task.Success("hello"), nil
}

func setup(t *testing.T) *bundle { t.Helper(); return setupFiles(t, memblob.OpenBucket(nil)) }

// setupFiles returns a bundle with this bucket, which it closes.
func setupFiles(t *testing.T, files *blob.Bucket) *bundle {
	t.Helper()
	queue := temporaltest.UniqueName(t)
	actions := taskqueue.NewRegistry()
	require.NoError(t, taskqueue.Register(actions, runEcho))
	require.NoError(t, actions.Add(taskqueue.Action{
		Name: "described", Schema: json.RawMessage(`{"type":"object"}`),
		Run: func(context.Context, json.RawMessage) (task.Report, error) { return task.Success("done"), nil },
	}))
	return setupWith(t, taskqueue.Config{
		Temporal:     temporaltest.Dial(t),
		Queues:       []taskqueue.Queue{{Name: queue, Weight: 3}, {Name: queue + "-b"}},
		Associations: map[string]string{"elsewhere": queue + "-b"},
		Actions:      actions,
		Declared:     []string{"declared"},
		Logger:       temporaltest.Logger(t),
	}, api.Config{Files: files})
}

func setupWith(t *testing.T, config taskqueue.Config, apiConfig api.Config) *bundle {
	t.Helper()
	client, err := taskqueue.New(config)
	require.NoError(t, err)
	if apiConfig.Files == nil {
		apiConfig.Files = memblob.OpenBucket(nil)
	}
	b := &bundle{t: t, client: client, files: apiConfig.Files, queue: client.Dispatcher().DefaultQueue().Name}
	t.Cleanup(func() { require.NoError(t, b.files.Close()) })
	apiConfig.Client = client
	if apiConfig.Logger == nil {
		apiConfig.Logger = temporaltest.Logger(t)
	}
	server, err := api.New(apiConfig)
	require.NoError(t, err)
	listening := httptest.NewServer(server.Handler())
	t.Cleanup(listening.Close)
	b.url = listening.URL
	b.http = &http.Client{Transport: checking{t: t, next: listening.Client().Transport}}
	return b
}

// serve makes the bundle's requests go to a server that Serve runs, and returns what stops it and waits for its end.
func (b *bundle) serve() (stop func() error) {
	b.t.Helper()
	_, stop = b.serveWith(nil)
	return stop
}

// serveWith does as serve, with these metrics at /metrics, and returns the server as well.
func (b *bundle) serveWith(metrics prometheus.Gatherer) (server *api.Server, stop func() error) {
	b.t.Helper()
	server, err := api.New(api.Config{Client: b.client, Files: b.files, Metrics: metrics, Logger: temporaltest.Logger(b.t)})
	require.NoError(b.t, err)
	var config net.ListenConfig
	listener, err := config.Listen(b.t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(b.t, err)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(ctx, listener) }()
	stop = sync.OnceValue(func() error { cancel(); return <-ended })
	b.t.Cleanup(func() { require.NoError(b.t, stop()) })
	b.url = "http://" + listener.Addr().String()
	return server, stop
}

// family is a task that enqueues a child and tells its progress; it ends when its test lets it.
type family struct{}

func (family) Action() string { return "family" }

// withFamily adds the action of family to a configuration.
func (b *bundle) withFamily(quit <-chan struct{}) {
	b.t.Helper()
	require.NoError(b.t, taskqueue.Register(b.client.Actions(), func(ctx context.Context, _ family) (task.Report, error) {
		_, err := b.client.CreateTask(ctx, "echo", echo{}, "child", &taskqueue.Options{ParentID: taskqueue.TaskID(ctx)})
		taskqueue.Progress(ctx, 50, "half-way")
		<-quit
		return task.Success("done"), err
	}))
}

// work runs a worker until the test ends.
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

// answer is what a request got.
type answer struct {
	*http.Response
	body []byte
}

// do sends a request. The body may be nil, a string that is sent as it is, or a value to be sent as JSON.
func (b *bundle) do(method, path string, body any, header ...string) answer {
	b.t.Helper()
	var reader io.Reader
	switch body := body.(type) {
	case nil:
	case string:
		reader = strings.NewReader(body)
	default:
		encoded, err := json.Marshal(body)
		require.NoError(b.t, err)
		reader = bytes.NewReader(encoded)
	}
	request, err := http.NewRequestWithContext(b.t.Context(), method, b.url+path, reader)
	require.NoError(b.t, err)
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	request.Host = request.Header.Get("Host")
	response, err := b.http.Do(request)
	require.NoError(b.t, err)
	defer response.Body.Close()
	got, err := io.ReadAll(response.Body)
	require.NoError(b.t, err)
	return answer{Response: response, body: got}
}

// entity is the JSON of a task.
type entity struct {
	ID         string
	TaskName   string
	Status     string
	RawStatus  string
	TaskLabel  string
	Queue      string
	Owner      string
	Category   string
	ParentID   string
	CreatedAt  int64
	HasFile    bool
	Parameters json.RawMessage
	Report     *task.Report
}

type list struct {
	Total int64
	Tasks []entity
}

func (l list) ids() []string {
	ids := []string{}
	for _, e := range l.Tasks {
		ids = append(ids, e.ID)
	}
	return ids
}

func read[T any](t *testing.T, a answer, status int) T {
	t.Helper()
	require.Equal(t, status, a.StatusCode, "%s", a.body)
	var v T
	require.NoError(t, json.Unmarshal(a.body, &v), "%s", a.body)
	return v
}

func (b *bundle) create(body map[string]any) entity {
	b.t.Helper()
	return read[entity](b.t, b.do(http.MethodPost, "/api/v1/tasks", body), http.StatusCreated)
}

// await polls until the condition holds: the log has no way to tell that it has changed.
func (b *bundle) await(what string, condition func() bool) {
	b.t.Helper()
	require.Eventually(b.t, condition, 2*time.Minute, 50*time.Millisecond, what)
}

func (b *bundle) awaitClosed(id string) entity {
	b.t.Helper()
	var e entity
	b.await("task "+id+" ends", func() bool {
		e = read[entity](b.t, b.do(http.MethodGet, "/api/v1/tasks/"+id, nil), http.StatusOK)
		return task.Status(e.RawStatus).Closed()
	})
	return e
}

type problem struct {
	Type, Title, Detail, Field string
	Status                     int
	Errors                     []struct{ Field, Detail string }
}

func readProblem(t *testing.T, a answer, status int) problem {
	t.Helper()
	require.Equal(t, "application/problem+json", a.Header.Get("Content-Type"), "%s", a.body)
	p := read[problem](t, a, status)
	require.Equal(t, status, p.Status)
	require.NotEmpty(t, p.Title)
	require.NotEmpty(t, p.Detail)
	require.True(t, strings.HasPrefix(p.Type, "urn:taskqueue:problem:"), p.Type)
	return p
}

// documents are the routers over the OpenAPI documents.
var documents = sync.OnceValues(func() ([]routers.Router, error) {
	var all []routers.Router
	for _, name := range []string{"openapi.yaml", "tao/tao.yaml"} {
		data, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		doc, err := openapi3.NewLoader().LoadFromData(data)
		if err != nil {
			return nil, err
		}
		if err := doc.Validate(context.Background(), openapi3.EnableExamplesValidation()); err != nil {
			return nil, err
		}
		router, err := gorillamux.NewRouter(doc)
		if err != nil {
			return nil, err
		}
		all = append(all, router)
	}
	return all, nil
})

// findRoute returns the operation of a request in one of the documents.
func findRoute(request *http.Request) (*routers.Route, map[string]string, error) {
	all, err := documents()
	if err != nil {
		return nil, nil, err
	}
	for _, router := range all {
		var route *routers.Route
		var parameters map[string]string
		if route, parameters, err = router.FindRoute(request); err == nil {
			return route, parameters, nil
		}
	}
	return nil, nil, err
}

// checking holds every answer against the document.
type checking struct {
	t    *testing.T
	next http.RoundTripper
}

func (c checking) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := c.next.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	response.Body = io.NopCloser(bytes.NewReader(body))
	plain := request.Clone(request.Context())
	plain.Host = request.URL.Host
	route, parameters, err := findRoute(plain)
	if err != nil {
		preflight := request.Method == http.MethodOptions && response.StatusCode == http.StatusNoContent // no operation of the API
		if !preflight && response.StatusCode != http.StatusNotFound && response.StatusCode != http.StatusMethodNotAllowed {
			c.t.Errorf("%s %s: status %d, but the document has no such operation: %v", request.Method, request.URL, response.StatusCode, err)
		}
		return response, nil
	}
	input := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{Request: plain, PathParams: parameters, Route: route},
		Status:                 response.StatusCode, Header: response.Header,
		Options: &openapi3filter.Options{IncludeResponseStatus: true},
	}
	// Files may be anything, and XML is a text to the document.
	mediaType, _, _ := strings.Cut(response.Header.Get("Content-Type"), ";")
	if response.Header.Get("Content-Disposition") != "" || slices.Contains([]string{"application/yaml", "application/xml", "text/xml"}, mediaType) {
		input.Options.ExcludeResponseBody = true
	}
	input.SetBodyBytes(body)
	if err := openapi3filter.ValidateResponse(request.Context(), input); err != nil {
		c.t.Errorf("%s %s: the answer is not as the document says: %v", request.Method, request.URL, fmt.Sprintf("%.2000s", err.Error()))
	}
	return response, nil
}
