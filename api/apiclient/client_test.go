package apiclient_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	sdk "go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	"gocloud.dev/blob"
	"gocloud.dev/blob/memblob"

	"github.com/distributed-task-queue/taskqueue"
	"github.com/distributed-task-queue/taskqueue/api"
	"github.com/distributed-task-queue/taskqueue/api/apiclient"
	"github.com/distributed-task-queue/taskqueue/internal/temporaltest"
	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/worker"
)

func TestMain(m *testing.M) { temporaltest.Main(m) }

type greet struct {
	Name string `json:"name"`
	Fail bool   `json:"fail"`
}

func (greet) Action() string { return "greet" }

const patience = 2 * time.Minute

// files holds what greetings leave.
var files = sync.OnceValue(func() *blob.Bucket { return memblob.OpenBucket(nil) })

// serverURL is of an API with a worker, one for the whole package: an Example has no test that could end it.
var serverURL = sync.OnceValue(func() string {
	quiet := slog.New(slog.DiscardHandler)
	temporal, err := sdk.Dial(sdk.Options{
		HostPort: temporaltest.Server().Address, Namespace: temporaltest.Namespace, Logger: log.NewStructuredLogger(quiet),
	})
	must(err)
	actions := taskqueue.NewRegistry()
	must(taskqueue.Register(actions, func(ctx context.Context, p greet) (task.Report, error) {
		if p.Fail {
			return task.Report{}, errors.New("nobody is there")
		}
		if err := files().WriteAll(ctx, p.Name+".txt", []byte("hello "+p.Name), nil); err != nil {
			return task.Report{}, err
		}
		return task.Success("hello %s", p.Name).WithData(p.Name + ".txt"), nil
	}))
	client, err := taskqueue.New(taskqueue.Config{
		Temporal: temporal, Actions: actions, Logger: quiet, Queues: []taskqueue.Queue{{Name: "apiclient"}},
	})
	must(err)
	w, err := client.NewWorker(worker.Config{Concurrency: 4})
	must(err)
	go func() { _ = w.Run(context.Background()) }() // until the tests have ended
	server, err := api.New(api.Config{Client: client, Files: files(), Logger: quiet})
	must(err)
	return httptest.NewServer(server.Handler()).URL
})

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func setup(t *testing.T) (context.Context, *apiclient.ClientWithResponses) {
	t.Helper()
	client, err := apiclient.New(serverURL())
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx, client
}

func TestTasksFromEnqueueToArchive(t *testing.T) {
	t.Parallel()
	ctx, client := setup(t)
	owner := temporaltest.UniqueName(t)
	odd := "a/b?c#d " + owner // an id may hold any printable character
	many, err := client.CreateTasksWithResponse(ctx, nil, apiclient.CreateTasksJSONRequestBody{Tasks: []apiclient.NewTask{
		{Action: "greet", Parameters: apiclient.JSON(`{"name":"Ada"}`), Owner: owner, ID: odd, Label: "a, b & c"},
		{Action: "greet", Parameters: apiclient.JSON(`{"fail":true}`), Owner: owner},
		{Action: "greet", Queue: "nowhere"},
		{Action: "greet", Owner: owner, Delay: "1h", Priority: 1},
	}})
	require.NoError(t, err)
	require.Equal(t, 3, many.JSON200.Created)
	results := many.JSON200.Results
	require.Equal(t, "queue", results[2].Problem.Field)
	done, err := client.AwaitTask(ctx, odd)
	require.NoError(t, err)
	require.Equal(t, apiclient.TaskStatusCompleted, done.Status)
	require.True(t, done.HasFile)
	failed, err := client.AwaitTask(ctx, results[1].Task.ID)
	require.NoError(t, err)
	require.Equal(t, apiclient.TaskStatusFailed, failed.Status)
	require.Contains(t, failed.Report.Children[0].Message, "nobody is there")

	file, err := client.DownloadTaskFile(ctx, odd, &apiclient.DownloadTaskFileParams{Range: new("bytes=6-")})
	require.NoError(t, err)
	defer file.Body.Close()
	text, err := io.ReadAll(file.Body)
	require.NoError(t, err)
	require.Equal(t, "Ada", string(text))

	// Values with characters that mean something in a URL or a list arrive as they are.
	var page *apiclient.TaskPage
	require.Eventually(t, func() bool {
		found, err := client.ListTasksWithResponse(ctx, &apiclient.ListTasksParams{
			Owner: &[]string{owner}, Status: &apiclient.Status{"completed", "failed"},
			Filter: &[]string{`id in ["` + odd + `", "x"]`, "label = a, b & c"}, Limit: new(10),
		})
		require.NoError(t, err)
		page = found.JSON200
		return page.Total > 0
	}, patience, 50*time.Millisecond)
	require.Equal(t, odd, page.Tasks[0].ID)
	found, err := client.SearchTasksWithResponse(ctx, apiclient.Search{
		Filters: []apiclient.Filter{{Column: "id", Op: "in", Value: []string{odd}}}, Limit: 5,
	})
	require.NoError(t, err)
	require.Equal(t, 1, found.JSON200.Total)

	waiting := results[3].Task.ID
	read, err := client.GetTaskWithResponse(ctx, waiting, nil)
	require.NoError(t, err)
	revision := read.HTTPResponse.Header.Get("ETag")
	cancelled, err := client.CancelTaskWithResponse(ctx, waiting, &apiclient.CancelTaskParams{IfMatch: &revision}, apiclient.Control{})
	require.NoError(t, err)
	require.True(t, cancelled.JSON200.Changed)
	_, err = client.ArchiveTaskWithResponse(ctx, waiting, &apiclient.ArchiveTaskParams{IfMatch: &revision}, apiclient.Control{})
	var problem *apiclient.ProblemError
	require.ErrorAs(t, err, &problem)
	require.Equal(t, http.StatusPreconditionFailed, problem.Problem.Status)
	archived, err := client.ArchiveTasksWithResponse(ctx, apiclient.Bulk{Ids: []string{waiting}})
	require.NoError(t, err)
	require.Equal(t, 1, archived.JSON200.Changed)
}

func TestProblemsAreErrors(t *testing.T) {
	t.Parallel()
	ctx, client := setup(t)
	var problem *apiclient.ProblemError
	_, err := client.CreateTaskWithResponse(ctx, nil, apiclient.NewTask{Action: "greet", Queue: "nowhere"})
	require.ErrorAs(t, err, &problem)
	require.Equal(t, "urn:taskqueue:problem:unknown-queue", problem.Problem.Type)
	require.ErrorContains(t, err, `the API answers 422: There is no such queue: Queue "nowhere" does not exist`)
	_, err = client.AwaitTask(ctx, "nobody")
	require.ErrorAs(t, err, &problem)
	require.Equal(t, http.StatusNotFound, problem.Problem.Status)
}

// A proxy in between has answers of its own, and a busy server wants to be asked later.
func TestAwaitTaskIsPatient(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		assert.Equal(t, "Bearer secret", r.Header.Get("Authorization"))
		switch asked.Add(1) {
		case 1:
			w.Header().Set("Retry-After", "1")
			http.Error(w, "<html>busy</html>", http.StatusServiceUnavailable)
		case 2:
			w.Header().Set("ETag", `"one"`)
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, `{"id":"x","status":"in_progress"}`)
		case 3:
			assert.Equal(t, `"one"`, r.Header.Get("If-None-Match"))
			w.WriteHeader(http.StatusNotModified)
		case 4:
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, `{"id":"x","status":"completed"}`)
		default:
			http.Error(w, "<html>gateway</html>", http.StatusBadGateway)
		}
	}))
	t.Cleanup(server.Close)
	client, err := apiclient.New(server.URL, apiclient.WithCredential("secret"))
	require.NoError(t, err)
	began := time.Now()
	done, err := client.AwaitTask(t.Context(), "x")
	require.NoError(t, err)
	require.Equal(t, apiclient.TaskStatusCompleted, done.Status)
	require.GreaterOrEqual(t, time.Since(began), time.Second)
	_, err = client.AwaitTask(t.Context(), "x")
	require.EqualError(t, err, "the API answers 502: Bad Gateway")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("no more time"))
	asked.Store(1)
	_, err = client.AwaitTask(ctx, "x")
	require.Error(t, err)
}
