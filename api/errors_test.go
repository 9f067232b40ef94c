package api_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	sdklog "go.temporal.io/sdk/log"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/distributed-task-queue/taskqueue"
	"github.com/distributed-task-queue/taskqueue/api"
	"github.com/distributed-task-queue/taskqueue/broker/rds"
	"github.com/distributed-task-queue/taskqueue/internal/temporaltest"
	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/tasklog/elastic"
)

func TestWrongRequests(t *testing.T) {
	t.Parallel()
	b := setup(t)
	taken := b.create(map[string]any{"action": "declared"}).ID
	long := strings.Repeat("x", 256)
	const tasks, search = "/api/v1/tasks", "/api/v1/tasks/search"
	const groups, table = "/api/v1/stats/groups", "/api/v1/datatable"
	t.Run("requests", func(t *testing.T) { // ends when all of them have
		for name, c := range map[string]struct {
			method, path string
			body         any
			status       int
			field        string
			detail       string
			header       []string
		}{
			"malformed":           {"POST", tasks, `{"action": }`, 400, "", "byte 12", nil},
			"empty":               {"POST", tasks, ``, 400, "", "empty", nil},
			"trailing":            {"POST", tasks, `{"action":"echo"}{}`, 400, "", "byte", nil},
			"duplicate name":      {"POST", tasks, `{"action":"echo","action":"declared"}`, 400, "action", "twice", nil},
			"not an object":       {"POST", tasks, `[]`, 422, "", "object", nil},
			"unknown field":       {"POST", tasks, `{"action":"echo","lable":"x"}`, 422, "lable", "known are action, category", nil},
			"field in other case": {"POST", tasks, `{"Action":"echo","action":"echo"}`, 422, "Action", "not known", nil},
			"no action":           {"POST", tasks, `{}`, 422, "action", "missing", nil},
			"wrong type":          {"POST", tasks, `{"action":7}`, 422, "action", "string", nil},
			"null label":          {"POST", tasks, `{"action":"echo","label":null}`, 422, "label", "string", nil},
			"long label":          {"POST", tasks, `{"action":"echo","label":"` + long + `"}`, 422, "label", "255", nil},
			"control character":   {"POST", tasks, `{"action":"echo","id":"a\u0007"}`, 422, "id", "printable ASCII", nil},
			"unknown action":      {"POST", tasks, `{"action":"nope"}`, 422, "action", "declared, described, echo, elsewhere", nil},
			"unknown queue":       {"POST", tasks, `{"action":"echo","queue":"nope"}`, 422, "queue", "does not exist", nil},
			"unknown category":    {"POST", tasks, `{"action":"echo","category":"nope"}`, 422, "category", "import", nil},
			"negative delay":      {"POST", tasks, `{"action":"echo","delay":-1}`, 422, "delay", "minimum", nil},
			"wrong delay":         {"POST", tasks, `{"action":"echo","delay":"soon"}`, 422, "delay", "soon", nil},
			"endless delay":       {"POST", tasks, `{"action":"echo","delay":"99999999999h"}`, 422, "delay", "duration", nil},
			"wrong priority":      {"POST", tasks, `{"action":"echo","priority":6}`, 422, "priority", "5", nil},
			"fractional priority": {"POST", tasks, `{"action":"echo","priority":1.5}`, 422, "priority", "integer", nil},
			"taken id":            {"POST", tasks, `{"action":"echo","id":"` + taken + `"}`, 409, "id", "exists already", nil},
			"no JSON":             {"POST", tasks, `{"action":"echo"}`, 415, "Content-Type", "application/json", []string{"Content-Type", "text/plain"}},
			"form":                {"POST", tasks, `action=echo`, 415, "Content-Type", "application/json", []string{"Content-Type", "application/x-www-form-urlencoded"}},
			"compressed":          {"POST", tasks, `{}`, 415, "Content-Encoding", "gzip", []string{"Content-Encoding", "gzip"}},
			"other charset":       {"POST", tasks, `{}`, 415, "Content-Type", "UTF-8", []string{"Content-Type", "application/json; charset=latin1"}},

			"unknown parameter": {"GET", tasks + "?statsu=failed", nil, 422, "statsu", "status", nil},
			"parameter of none": {"GET", "/api/v1/queues?a=1", nil, 422, "a", "none is known", nil},
			"wrong status":      {"GET", tasks + "?status=failed&status=nope", nil, 422, "status[1]", "enqueued", nil},
			"wrong limit":       {"GET", tasks + "?limit=x", nil, 422, "limit", "integer", nil},
			"empty limit":       {"GET", tasks + "?limit=", nil, 422, "limit", "integer", nil},
			"negative limit":    {"GET", tasks + "?limit=-1", nil, 422, "limit", "0", nil},
			"large limit":       {"GET", tasks + "?limit=1001", nil, 422, "limit", "1,000", nil},
			"huge offset":       {"GET", tasks + "?offset=99999999999999999999", nil, 422, "offset", "integer", nil},
			"two limits":        {"GET", tasks + "?limit=1&limit=2", nil, 422, "limit", "once", nil},
			"wrong sort":        {"GET", tasks + "?sortBy=nope", nil, 422, "sortBy", "taskName", nil},
			"wrong order":       {"GET", tasks + "?sortOrder=up", nil, 422, "sortOrder", "asc", nil},
			"query not UTF-8":   {"GET", tasks + "?label=%ff", nil, 422, "label", "UTF-8", nil},
			"query with NUL":    {"GET", tasks + "?label=%00", nil, 422, "label", "NUL", nil},
			"malformed query":   {"GET", tasks + "?a=%zz", nil, 400, "", "query", nil},
			"empty user":        {"GET", "/api/v1/stats?user=", nil, 422, "user", "minLength", nil},

			"wrong column":           {"POST", search, `{"filters":[{"column":"nope","op":"eq","value":1}]}`, 422, "filters[0].column", "taskName", nil},
			"wrong operator":         {"POST", search, `{"filters":[{"column":"status","op":"~","value":"x"}]}`, 422, "filters[0].op", "notLike", nil},
			"filter without op":      {"POST", search, `{"filters":[{"column":"status","value":"x"}]}`, 422, "filters[0].op", "missing", nil},
			"filter with more":       {"POST", search, `{"filters":[{"column":"status","op":"eq","value":"x","or":1}]}`, 422, "filters[0].or", "known are column, op, value", nil},
			"wrong value":            {"POST", search, `{"filters":[{"column":"status","op":"eq","value":"nope"}]}`, 422, "status", "enqueued", nil},
			"wrong kind":             {"POST", search, `{"filters":[{"column":"createdAt","op":"like","value":"2026%"}]}`, 422, "created_at", "cannot be compared", nil},
			"wrong time":             {"POST", search, `{"filters":[{"column":"createdAt","op":"gt","value":"soon"}]}`, 422, "created_at", "soon", nil},
			"null value":             {"POST", search, `{"filters":[{"column":"owner","op":"eq","value":null}]}`, 422, "filters[0].value", "null", nil},
			"deselect a base column": {"POST", search, `{"deselect":["id"]}`, 422, "id", "not unselectable", nil},
			"search limit":           {"POST", search, `{"limit":1001}`, 422, "limit", "1,000", nil},

			"filter without column":    {"GET", tasks + "?filter=colour+eq+red", nil, 422, "filter", "'colour eq red': colour is not a column", nil},
			"filter without operator":  {"GET", tasks + "?filter=owner", nil, 422, "filter", "op has the value", nil},
			"filter of the wrong kind": {"GET", tasks + "?filter=createdAt+like+2026%25", nil, 422, "filter", "cannot be compared with like", nil},
			"filter without time":      {"GET", tasks + "?filter=createdAt+gt+soon", nil, 422, "filter", "soon", nil},
			"empty filter":             {"GET", groups + "?filter=", nil, 422, "filter[0]", "minLength", nil},
			"deselect an id":           {"GET", tasks + "?deselect=id", nil, 422, "id", "not unselectable", nil},

			"text without words": {"GET", tasks + "?text=%21%3F", nil, 422, "text", "no letter or digit", nil},
			"empty text":         {"POST", search, `{"text":""}`, 422, "text", "minLength", nil},
			"empty cursor":       {"GET", tasks + "?cursor=", nil, 422, "cursor", "minLength", nil},
			"wrong group":        {"GET", groups + "?by=label", nil, 422, "by", "category", nil},
			"group searched":     {"POST", groups, `{"by":"label"}`, 422, "by", "category", nil},
			"wrong top":          {"GET", groups + "?top=0", nil, 422, "top", "minimum", nil},
			"wrong times":        {"GET", groups + "?times=1", nil, 422, "times", "true or false", nil},
			"wrong moment":       {"GET", groups + "?createdFrom=yesterday", nil, 422, "createdFrom", "date-time", nil},
			"no rows":            {"POST", table + "?rows=0", nil, 422, "rows", "minimum", nil},
			"no rows in body":    {"POST", table, `{"rows":0}`, 422, "rows", "minimum", nil},
			"far page":           {"POST", table + "?page=2147483647", nil, 422, "page", "at most 85899346", nil},
			"table column":       {"POST", table + "?filtercolumns[colour]=red", nil, 422, "colour", "not a column", nil},
			"table sort":         {"POST", table, `{"sortby":"colour"}`, 422, "colour", "not a column", nil},
			"table status":       {"POST", table, `{"filtercolumns":{"status":"done"}}`, 422, "status", "valid are", nil},
			"nested filter":      {"POST", table + "?filtercolumns[a][b]=c", nil, 422, "filtercolumns[a][b]", "not known", nil},
			"no filter object":   {"POST", table + "?filtercolumns=a", nil, 422, "filtercolumns", "object", nil},
			"filter not UTF-8":   {"POST", table + "?filtercolumns[owner]=%ff", nil, 422, "filtercolumns[owner]", "UTF-8", nil},

			"no such task":   {"GET", tasks + "/nobody", nil, 404, "id", `Task log for task "nobody" not found`, nil},
			"id not UTF-8":   {"GET", tasks + "/%ff", nil, 422, "id", "UTF-8", nil},
			"long id":        {"GET", tasks + "/" + long, nil, 422, "id", "255", nil},
			"no such path":   {"GET", "/api/v1/nope", nil, 404, "", "/openapi.yaml", nil},
			"trailing slash": {"GET", tasks + "/", nil, 404, "", "", nil},
			"method":         {"DELETE", tasks, nil, 405, "", "GET", nil},

			"foreign host":      {"GET", tasks, nil, 421, "Host", "evil.example", []string{"Host", "evil.example"}},
			"cross site":        {"POST", tasks, `{"action":"echo"}`, 403, "Origin", "cross-origin", []string{"Sec-Fetch-Site", "cross-site"}},
			"other port's page": {"POST", tasks, `{"action":"echo"}`, 403, "Origin", "cross-origin", []string{"Sec-Fetch-Site", "same-site"}},
			"foreign origin":    {"POST", tasks, `{"action":"echo"}`, 403, "Origin", "cross-origin", []string{"Origin", "https://evil.example"}},
			"sandboxed origin":  {"POST", tasks, `{"action":"echo"}`, 403, "Origin", "cross-origin", []string{"Origin", "null"}},
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				a := b.do(c.method, c.path, c.body, c.header...)
				p := readProblem(t, a, c.status)
				require.Equal(t, c.field, p.Field, p.Detail)
				require.Contains(t, p.Detail, c.detail)
				if c.status == http.StatusMethodNotAllowed {
					require.Contains(t, a.Header.Get("Allow"), "POST")
				}
			})
		}
	})
	// None of these has made a task.
	require.EqualValues(t, 1, awaitTotal(b, "/api/v1/tasks?queue="+b.queue))
}

func awaitTotal(b *bundle, path string) int64 {
	b.t.Helper()
	var total int64
	b.await("the index has the task", func() bool {
		total = read[list](b.t, b.do(http.MethodGet, path, nil), http.StatusOK).Total
		return total > 0
	})
	return total
}

func TestSeveralWrongFieldsAreAllNamed(t *testing.T) {
	t.Parallel()
	b := setup(t)
	p := readProblem(t, b.do(http.MethodPost, "/api/v1/tasks", `{"lable":"x","priority":9}`), http.StatusUnprocessableEntity)
	var fields []string
	for _, e := range p.Errors {
		fields = append(fields, e.Field)
		require.NotEmpty(t, e.Detail)
	}
	require.Equal(t, []string{"action", "lable", "priority"}, fields)
}

func TestLoopbackHostsAndSameOriginAreServed(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, host := range []string{"localhost", "localhost:1234", "127.0.0.1:80", "127.9.9.9", "[::1]:8080", "[::1]"} {
		require.Equal(t, http.StatusOK, b.do(http.MethodGet, "/healthz", nil, "Host", host).StatusCode, host)
	}
	for _, host := range []string{"localhost.evil.example", "127.0.0.1.evil.example", "0.0.0.0", "192.0.2.1:80"} {
		require.Equal(t, http.StatusMisdirectedRequest, b.do(http.MethodGet, "/healthz", nil, "Host", host).StatusCode, host)
	}
	a := b.do(http.MethodPost, "/api/v1/tasks", `{"action":"declared"}`, "Sec-Fetch-Site", "same-origin", "Origin", b.url)
	require.Equal(t, http.StatusCreated, a.StatusCode)
}

func TestUnavailable(t *testing.T) {
	t.Parallel()
	dead, err := client.NewLazyClient(client.Options{HostPort: "127.0.0.1:1", Logger: nil})
	require.NoError(t, err)
	t.Cleanup(dead.Close)
	b := setupWith(t, taskqueue.Config{Temporal: dead}, api.Config{
		Timeout: 300 * time.Millisecond, Logger: slog.New(slog.DiscardHandler),
	})
	for _, c := range []struct {
		method, path string
		body         any
	}{
		{"POST", "/api/v1/tasks", `{"action":"echo"}`},
		{"GET", "/api/v1/tasks/x", nil},
		{"GET", "/api/v1/tasks", nil},
		{"GET", "/api/v1/stats", nil},
		{"GET", "/api/v1/queues", nil},
		{"GET", "/readyz", nil},
	} {
		a := b.do(c.method, c.path, c.body)
		readProblem(t, a, http.StatusServiceUnavailable)
		require.Equal(t, "2", a.Header.Get("Retry-After"))
	}
	require.Equal(t, http.StatusOK, b.do(http.MethodGet, "/healthz", nil).StatusCode)
}

// A server that was not set up is nobody's fault who sends a request.
func TestANamespaceWithoutSearchAttributes(t *testing.T) {
	t.Parallel()
	namespace := strings.ToLower(temporaltest.UniqueName(t))
	c, err := client.Dial(client.Options{HostPort: temporaltest.Server().Address, Namespace: namespace, Logger: sdklog.NewStructuredLogger(temporaltest.Logger(t))})
	require.NoError(t, err)
	t.Cleanup(c.Close)
	b := setupWith(t, taskqueue.Config{Temporal: c, Namespace: namespace}, api.Config{Logger: slog.New(slog.DiscardHandler)})
	refused := func(reason string) {
		t.Helper()
		for _, r := range []struct {
			method, path string
			body         any
		}{
			{http.MethodPost, "/api/v1/tasks", `{"action":"echo"}`},
			{http.MethodGet, "/api/v1/tasks?owner=jane", nil},
			{http.MethodGet, "/api/v1/stats", nil},
			{http.MethodPost, "/api/v1/datatable", nil},
		} {
			a := b.do(r.method, r.path, r.body)
			p := readProblem(t, a, http.StatusServiceUnavailable)
			require.Equal(t, "urn:taskqueue:problem:not-set-up", p.Type, "%s: %s", reason, r.path)
			require.Contains(t, p.Detail, "run `taskctl init`")
			require.Equal(t, "2", a.Header.Get("Retry-After"))
		}
	}
	refused("no namespace")
	_, err = c.WorkflowService().RegisterNamespace(t.Context(), &workflowservice.RegisterNamespaceRequest{
		Namespace: namespace, WorkflowExecutionRetentionPeriod: durationpb.New(24 * time.Hour),
	})
	require.NoError(t, err)
	b.await("the server knows the namespace", func() bool {
		_, err := c.ListWorkflow(t.Context(), &workflowservice.ListWorkflowExecutionsRequest{Namespace: namespace})
		return err == nil
	})
	refused("no search attributes")
}

// An index that can be had only when somebody has acted is no fault of this server, and what to do is in the answer.
func TestAnIndexThatRefusesTheCredentials(t *testing.T) {
	t.Parallel()
	index := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = w.Write([]byte(`{"error":{"type":"security_exception","reason":"unable to authenticate user"},"status":401}`))
	}))
	t.Cleanup(index.Close)
	engine, err := elastic.Open(t.Context(), elastic.Config{
		Connection: elastic.Connection{Addresses: []string{index.URL}}, NamespaceID: "unknown",
	})
	require.NoError(t, err)
	b := setupWith(t, taskqueue.Config{Temporal: temporaltest.Dial(t), TaskLog: engine}, api.Config{Logger: slog.New(slog.DiscardHandler)})
	for _, r := range []struct{ method, path string }{
		{http.MethodGet, "/api/v1/tasks"}, {http.MethodGet, "/api/v1/stats"}, {http.MethodPost, "/api/v1/datatable"},
	} {
		a := b.do(r.method, r.path, nil)
		p := readProblem(t, a, http.StatusServiceUnavailable)
		require.Equal(t, "urn:taskqueue:problem:index-unusable", p.Type)
		require.Contains(t, p.Detail, "it refuses the credentials; check username and password, or apiKey")
		require.NotContains(t, p.Detail, index.URL, "where the index is stays in the log")
		require.Equal(t, "2", a.Header.Get("Retry-After"))
	}
}

func TestNotReady(t *testing.T) {
	t.Parallel()
	b := setupWith(t, taskqueue.Config{Temporal: temporaltest.Dial(t)}, api.Config{
		Ready: func(context.Context) error { return errors.New("the worker has not started") }, Logger: slog.New(slog.DiscardHandler),
	})
	p := readProblem(t, b.do(http.MethodGet, "/readyz", nil), http.StatusServiceUnavailable)
	require.Contains(t, p.Detail, "the worker has not started")
}

// broken is a broker that panics or fails, by the task's label.
type broken struct{}

func (broken) Name() string                             { return "broken" }
func (broken) Initialize(context.Context, string) error { return nil }
func (broken) Sync() bool                               { return false }
func (broken) Count(context.Context, string) (int64, error) {
	return 0, nil
}

func (broken) Enqueue(_ context.Context, t *task.Task) error {
	if t.Label == "panic" {
		panic("secret of the panic")
	}
	return errors.New("secret of the enqueue")
}

func TestInternalErrorsTellNothing(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	b := setupWith(t, taskqueue.Config{
		Temporal: temporaltest.Dial(t), Queues: []taskqueue.Queue{{Name: "broken", Broker: broken{}}},
	}, api.Config{Logger: slog.New(slog.NewTextHandler(&log, nil))})
	for _, a := range []answer{
		b.do(http.MethodPost, "/api/v1/tasks", `{"action":"x","label":"panic"}`),
		b.do(http.MethodPost, "/api/v1/tasks", `{"action":"x"}`),
	} {
		readProblem(t, a, http.StatusInternalServerError)
		require.NotContains(t, string(a.body), "secret")
		require.NotContains(t, string(a.body), ".go:")
	}
	for _, want := range []string{"secret of the panic", "errors_test.go", "secret of the enqueue"} {
		require.Contains(t, log.String(), want)
	}
}

func TestAStoreThatIsAwayIsAnsweredLikeTemporal(t *testing.T) {
	t.Parallel()
	db, err := sql.Open("pgx", "postgres://somebody:secret@127.0.0.1:1/orders")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	outbox, err := rds.New(rds.Config{DB: db, Dialect: rds.PostgreSQL})
	require.NoError(t, err)
	b := setupWith(t, taskqueue.Config{Temporal: temporaltest.Dial(t), Queues: []taskqueue.Queue{{Name: "orders", Broker: outbox}}}, api.Config{})
	a := b.do(http.MethodPost, "/api/v1/tasks", `{"action":"x"}`)
	p := readProblem(t, a, http.StatusServiceUnavailable)
	require.Equal(t, `the store of the queue "orders" did not take the task; try again with the same id or idempotency key`, p.Detail)
	require.NotEmpty(t, a.Header.Get("Retry-After"))
	require.NotContains(t, string(a.body), "secret")
}
