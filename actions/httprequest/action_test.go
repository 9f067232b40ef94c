package httprequest

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/distributed-task-queue/taskqueue/activities"
	"github.com/distributed-task-queue/taskqueue/task"
)

func TestCall(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name        string
		args        Args
		method      string
		contentType string
		body        string
	}{
		{"the default is a POST of nothing", Args{}, "POST", "", ""},
		{"JSON keeps its bytes", Args{Body: json.RawMessage(` {"n": 12345678901234567890} `)}, "POST", "application/json", `{"n": 12345678901234567890}`},
		{"a string is a text", Args{Method: "put", Body: json.RawMessage(`"a=1&b=\u00e9"`)}, "PUT", "text/plain; charset=utf-8", "a=1&b=é"},
		{"a content type wins", Args{Body: json.RawMessage(`"a=1"`), Headers: map[string]string{"content-type": "application/x-www-form-urlencoded"}},
			"POST", "application/x-www-form-urlencoded", "a=1"},
		{"null is nothing", Args{Method: "GET", Body: json.RawMessage(`null`)}, "GET", "", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			bodies := make(chan string, 1)
			server := serve(t, func(w http.ResponseWriter, r *http.Request) {
				body, err := io.ReadAll(r.Body)
				if err != nil {
					t.Error(err)
				}
				bodies <- string(body)
				w.Header().Set("Content-Type", "text/html")
				w.Header().Set("Set-Cookie", "session=1")
				w.WriteHeader(http.StatusCreated)
				_, _ = io.WriteString(w, "made \xff it")
			})
			tc.args.URL = server.URL + "/hook?token=hush"
			report, err := open(t, server.host(t)).run(t.Context(), tc.args)
			require.NoError(t, err)

			require.Equal(t, task.Success("%s %s answered with status 201 Created", tc.method, server.host(t)).WithData(Response{
				Status: 201, Headers: map[string]string{"Content-Type": "text/html"}, Body: "made \uFFFD it",
			}), report)
			require.Equal(t, tc.body, <-bodies)
			got := server.received()[0]
			require.Equal(t, tc.method, got.Method)
			require.Equal(t, tc.contentType, got.Header.Get("Content-Type"))
			require.Equal(t, "/hook?token=hush", got.URL.String())
			require.Empty(t, got.Header.Values("Idempotency-Key"), "there is no task")
		})
	}
}

func TestStatus(t *testing.T) {
	t.Parallel()
	server := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusNotFound)
		_, _ = io.WriteString(w, "no such thing")
	})
	a := open(t, server.host(t))

	report, err := a.run(t.Context(), Args{URL: server.URL})
	require.NoError(t, err)
	require.Equal(t, task.Error("POST %s answered with status 404 Not Found", server.host(t)).WithData(
		Response{Status: 404, Headers: map[string]string{"Content-Type": "text/plain; charset=utf-8"}, Body: "no such thing"}), report)

	report, err = a.run(t.Context(), Args{URL: server.URL, ExpectStatus: []int{200, 404}})
	require.NoError(t, err)
	require.Equal(t, task.TypeSuccess, report.Type)

	server2 := serve(t, ok)
	report, err = open(t, server2.host(t)).run(t.Context(), Args{URL: server2.URL, ExpectStatus: []int{202}})
	require.NoError(t, err)
	require.Equal(t, task.TypeError, report.Type)
	require.Equal(t, "POST "+server2.host(t)+" answered with status 200 OK", report.Message)
}

func TestInvalidArgs(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		args Args
		want string
	}{
		{Args{}, "have no url"},
		{Args{URL: "http://a b/hush"}, "have a url that cannot be parsed"},
		{Args{URL: "http://h/", Method: "TRACE"}, `have the method "TRACE"; valid are GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS`},
		{Args{URL: "http://h/", Headers: map[string]string{"host": "hush"}}, "have the header Host, which cannot be set"},
		{Args{URL: "http://h/", Headers: map[string]string{"transfer-encoding": "hush"}}, "have the header Transfer-Encoding, which cannot be set"},
		{Args{URL: "http://h/", Headers: map[string]string{"X-A": "hush", "x-a": "hush"}}, "have the header X-A twice"},
		{Args{URL: "http://h/", Headers: map[string]string{"X-A": "hush\r\nX-B: 1"}}, "have a header X-A whose value is not valid"},
		{Args{URL: "http://h/", Headers: map[string]string{"hush hush": "1"}}, "have a header whose name is not valid"},
		{Args{URL: "http://h/", TimeoutSeconds: -1}, "have timeoutSeconds -1; valid is more than 0 and at most 30"},
		{Args{URL: "http://h/", TimeoutSeconds: 31}, "have timeoutSeconds 31; valid is more than 0 and at most 30, which is actions.http.timeout"},
		{Args{URL: "http://h/", ExpectStatus: []int{20}}, "expect the status 20; valid are 200 to 599"},
	} {
		_, err := open(t, "h").run(t.Context(), tc.args)
		var invalid *task.InvalidError
		require.ErrorAs(t, err, &invalid, tc.want)
		require.ErrorContains(t, err, tc.want)
		require.NotContains(t, err.Error(), "hush")
	}
}

func TestInvalidConfig(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		cfg  Config
		want string
	}{
		{Config{MaxResponseBytes: -1}, "actions.http.maxResponseBytes is -1; valid is 1 to 131072"},
		{Config{MaxResponseBytes: 1 << 20}, "actions.http.maxResponseBytes is 1048576"},
		{Config{Timeout: -time.Second}, "actions.http.timeout is -1s; it must be more than 0"},
		{Config{AllowedHosts: []string{"*"}}, `actions.http.allowedHosts: "*" is not a valid host; valid are api.example.com`},
	} {
		require.ErrorContains(t, Register(activities.NewRegistry(), tc.cfg), tc.want)
	}
}

func TestTimeout(t *testing.T) {
	t.Parallel()
	for name, handler := range map[string]func(http.ResponseWriter, <-chan struct{}){
		"before the headers": func(_ http.ResponseWriter, end <-chan struct{}) { <-end },
		"within the body": func(w http.ResponseWriter, end <-chan struct{}) {
			_, _ = io.WriteString(w, "so far")
			_ = http.NewResponseController(w).Flush()
			<-end
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			end := make(chan struct{})
			server := serve(t, func(w http.ResponseWriter, _ *http.Request) { handler(w, end) })
			defer close(end)
			report, err := open(t, server.host(t)).run(t.Context(), Args{URL: server.URL + "/hush", TimeoutSeconds: 0.2})
			require.NoError(t, err)
			require.Equal(t, task.Error("POST %s failed: no answer within 200ms", server.host(t)), report)
		})
	}
}

func TestCancel(t *testing.T) {
	t.Parallel()
	stop := errors.New("the worker stops")
	ctx, cancel := context.WithCancelCause(t.Context())
	end := make(chan struct{})
	server := serve(t, func(http.ResponseWriter, *http.Request) {
		cancel(stop)
		<-end
	})
	defer close(end)
	_, err := open(t, server.host(t)).run(ctx, Args{URL: server.URL})
	require.ErrorIs(t, err, stop)
}

func TestNoServer(t *testing.T) {
	t.Parallel()
	server := serve(t, ok)
	server.Close()
	report, err := open(t, server.host(t)).run(t.Context(), Args{URL: server.URL + "/hush?token=hush"})
	require.NoError(t, err)
	require.Equal(t, task.TypeError, report.Type)
	require.Contains(t, report.Message, "connection refused")
	require.NotContains(t, report.Message, "hush")
}

func TestLargeBody(t *testing.T) {
	t.Parallel()
	server := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, strings.Repeat("x", 1<<20))
	})
	a := configured(t, Config{AllowedHosts: []string{server.host(t)}, AllowPrivateNetworks: true, MaxResponseBytes: 100})
	report, err := a.run(t.Context(), Args{URL: server.URL})
	require.NoError(t, err)
	data := report.Data.(Response)
	require.Equal(t, strings.Repeat("x", 100), data.Body)
	require.True(t, data.BodyTruncated)
}

// The task's id is what makes a server notice that a call comes a second time.
func TestIdempotencyKey(t *testing.T) {
	t.Parallel()
	server := serve(t, ok)
	registry := activities.NewRegistry()
	require.NoError(t, Register(registry, Config{AllowedHosts: []string{server.host(t)}, AllowPrivateNetworks: true}))
	action, found := registry.Lookup("http.request")
	require.True(t, found)

	ctx := activities.WithExecution(t.Context(), &activities.Execution{TaskID: "42"})
	run := func(parameters map[string]any) {
		_, err := action.Run(ctx, rawJSON(t, parameters))
		require.NoError(t, err)
	}
	run(map[string]any{"url": server.URL})
	run(map[string]any{"url": server.URL, "headers": map[string]string{"idempotency-key": "mine"}})
	require.Equal(t, "42", server.received()[0].Header.Get("Idempotency-Key"))
	require.Equal(t, "mine", server.received()[1].Header.Get("Idempotency-Key"))
}

func TestProxyOfTheEnvironmentIsIgnored(t *testing.T) {
	// httpproxy leaves out loopback by itself, so what counts is that the transport has no proxy.
	require.Nil(t, newTransport(anyAddress, nil).Proxy)
}
