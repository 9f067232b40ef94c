package api_test

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/distributed-task-queue/taskqueue"
	"github.com/distributed-task-queue/taskqueue/api"
	"github.com/distributed-task-queue/taskqueue/api/tao"
	"github.com/distributed-task-queue/taskqueue/internal/temporaltest"
	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/tasklog"
)

// 47: redirectUrl.
func TestTAORedirectURL(t *testing.T) {
	t.Parallel()
	b := setupTAO(t, api.Config{TAO: api.TAO{RedirectURL: "https://tao.example.com/taoBackOffice/Redirector/redirectTaskToInstance?taskId={taskId}"}})
	redirectOf := func(path, id string) string {
		t.Helper()
		return read[struct{ Data struct{ RedirectURL string } }](t, b.get(path+"/get?taskId="+id, nil), ok).Data.RedirectURL
	}
	ids := map[string]string{}
	statuses := map[string]string{}
	for _, category := range []string{"import", "delete", "export", "unrelated_resource", ""} {
		body := map[string]any{"action": "echo", "id": temporaltest.UniqueName(t) + "/#& " + category}
		if category != "" {
			body["category"] = category
		}
		ids[category] = b.enqueue(b.ana, body).ID
		statuses[ids[category]] = "completed"
	}
	failed := b.enqueue(b.ana, map[string]any{"action": "echo", "category": "import", "parameters": map[string]any{"fail": true}}).ID
	statuses[failed] = "failed"
	b.awaitStatuses(statuses)
	for category, id := range ids {
		id = url.QueryEscape(id)
		want := ""
		if category == "import" {
			want = "https://tao.example.com/taoBackOffice/Redirector/redirectTaskToInstance?taskId=" + id
		}
		require.Equal(t, want, redirectOf(core, id), category)
		require.Empty(t, redirectOf(extension, id), category)
	}
	require.Empty(t, redirectOf(core, failed))
	require.Contains(t, string(b.get(core+"/getAll", nil).body), `"redirectUrl":"https://tao.example.com/`)

	for template, reason := range map[string]string{"https://tao.example.com/": "it must have {taskId} or {resource} in it", "/relative?{taskId}": "it must be an http or https URL"} {
		_, err := api.New(api.Config{Client: b.client, TAO: api.TAO{RedirectURL: template}})
		require.ErrorContains(t, err, "api: Config.TAO: tao: RedirectURL is")
		require.ErrorContains(t, err, reason)
	}
}

// 61, E: what applications answer their own pages with.
func TestTAOStateOf(t *testing.T) {
	t.Parallel()
	b := setupTAO(t, api.Config{})
	log := b.client.TaskLog()
	state, err := tao.StateOf(t.Context(), log, task.ID(b.done), b.ana, "echo")
	require.NoError(t, err)
	encoded, err := json.Marshal(tao.NewCreated(state, map[string]any{"uri": "x"}))
	require.NoError(t, err)
	require.JSONEq(t, `{"success":true,"data":{"extra":{"uri":"x"},"task":{"id":"`+b.done+`","status":"Completed","report":[
		{"type":"info","message":"Running task `+b.done+`"},{"type":"success","message":"wrote a file"}]}}}`, string(encoded))
	state, err = tao.StateOf(t.Context(), log, task.ID(b.waits), b.ana, "")
	require.NoError(t, err)
	require.Equal(t, tao.TaskState{ID: task.ID(b.waits), Status: "Queued", Report: []tao.ReportLine{}}, state)

	var wrongAction *tao.WrongActionError
	_, err = tao.StateOf(t.Context(), log, task.ID(b.done), b.ana, "hold")
	require.ErrorAs(t, err, &wrongAction)
	require.ErrorContains(t, err, "Wrong task type")
	var notFound *tasklog.NotFoundError
	_, err = tao.StateOf(t.Context(), log, task.ID(b.foreign), b.ana, "")
	require.ErrorAs(t, err, &notFound)
}

func TestTAOOff(t *testing.T) {
	t.Parallel()
	b := setupWith(t, taskqueue.Config{Temporal: temporaltest.Dial(t), Queues: []taskqueue.Queue{{Name: temporaltest.UniqueName(t)}}}, api.Config{TAO: api.TAO{Off: true}})
	for _, r := range tao.Routes() {
		readProblem(t, b.do(http.MethodGet, r.Path, nil, ajax...), http.StatusNotFound)
	}
	readProblem(t, b.do(http.MethodGet, tao.DocumentPath, nil), http.StatusNotFound)
}

// Without authentication there is no user, so the tasks are everybody's.
func TestTAOWithoutAuthentication(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.create(map[string]any{"action": "echo", "owner": "somebody", "delay": "1h"}).ID
	golden(t, b.do(http.MethodGet, core+"/archive?taskId="+id, nil, ajax...), ok, `{"success":true}`)
	require.Equal(t, "archived", read[entity](t, b.do(http.MethodGet, "/api/v1/tasks/"+id, nil), ok).RawStatus)
	require.Equal(t, string(tao.Document()), string(b.do(http.MethodGet, tao.DocumentPath, nil).body))
}

// What is not about the request has the status of the API, in the endpoint's own form.
func TestTAOUnavailable(t *testing.T) {
	t.Parallel()
	dead, err := client.NewLazyClient(client.Options{HostPort: "127.0.0.1:1", Logger: nil})
	require.NoError(t, err)
	t.Cleanup(dead.Close)
	b := setupWith(t, taskqueue.Config{Temporal: dead}, api.Config{Timeout: 300 * time.Millisecond, Logger: slog.New(slog.DiscardHandler)})
	const detail = "Temporal, or the task log's index, did not answer in time; try again"
	for path, want := range map[string]string{
		core + "/get?taskId=x":    `{"success":false,"code":503,"message":"` + detail + `","data":[]}`,
		core + "/getAll":          `{"success":false,"code":503,"message":"` + detail + `","data":[]}`,
		seed + "/get?taskId=x":    `{"success":false,"errorMsg":"` + detail + `","errorCode":503}`,
		extension + "/stats":      `{"success":false,"errorMsg":"` + detail + `","errorCode":503}`,
		"/tao/TaskQueue/get?id=x": `{"success":false,"errorCode":503,"errorMsg":"` + detail + `","version":"<version>"}`,
	} {
		a := b.do(http.MethodGet, path, nil, ajax...)
		golden(t, a, http.StatusServiceUnavailable, want)
		require.Equal(t, "2", a.Header.Get("Retry-After"))
	}
}
