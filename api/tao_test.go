package api_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/distributed-task-queue/taskqueue"
	"github.com/distributed-task-queue/taskqueue/api"
	"github.com/distributed-task-queue/taskqueue/api/tao"
	"github.com/distributed-task-queue/taskqueue/task"
)

// The numbers and letters are those of the checks in the PHP system's behaviour reference.

// ajax is the header of requests by scripts of web pages.
var ajax = []string{"X-Requested-With", "XMLHttpRequest"}

// webPaths returns the paths of an action in these families.
func webPaths(action string, families ...string) []string {
	paths := make([]string, len(families))
	for i, f := range families {
		paths[i] = f + "/" + action
	}
	return paths
}

const (
	core      = "/tao/TaskQueueWebApi"
	extension = "/taoTaskQueue/TaskQueueWebApi"
	seed      = "/taoTaskQueue/RestTask"
)

// taoBundle is an API with tasks of ana and ben.
type taoBundle struct {
	*guarded

	done, failed, waits, running string // ana's tasks
	foreign                      string // ben's task
}

// hold is a task that runs until its test ends.
type hold struct{}

func (hold) Action() string { return "hold" }

// setupTAO returns an API of whose tasks ana has one that has completed with a file, one that has failed, one that waits and one that
// runs until the test ends.
func setupTAO(t *testing.T, config api.Config) *taoBundle {
	t.Helper()
	b := &taoBundle{guarded: setupGuardedWith(t, config)}
	quit := make(chan struct{})
	require.NoError(t, taskqueue.Register(b.client.Actions(), func(context.Context, hold) (task.Report, error) {
		<-quit
		return task.Success("done"), nil
	}))
	b.work()
	t.Cleanup(func() { close(quit) }) // before the worker is stopped
	require.NoError(t, b.files.WriteAll(t.Context(), b.queue+"/cities.csv", []byte("Rome\n"), nil))
	b.done = b.enqueue(b.ana, map[string]any{
		"action": "echo", "label": "Cities", "category": "export", "parameters": map[string]any{"file": b.queue + "/cities.csv"},
	}).ID
	b.failed = b.enqueue(b.ana, map[string]any{"action": "echo", "parameters": map[string]any{"fail": true}}).ID
	b.waits = b.enqueue(b.ana, map[string]any{"action": "echo", "label": "later", "delay": "1h"}).ID
	b.running = b.enqueue(b.ana, map[string]any{"action": "hold", "masterStatus": true}).ID
	b.foreign = b.enqueue(b.ben, map[string]any{"action": "echo", "delay": "1h"}).ID
	b.awaitStatuses(map[string]string{b.done: "completed", b.failed: "failed", b.waits: "enqueued", b.running: "running"})
	return b
}

// awaitStatuses returns when the tasks have these raw statuses in ana's list, and their reports.
func (b *taoBundle) awaitStatuses(want map[string]string) {
	b.t.Helper()
	b.await("the index knows", func() bool {
		got := map[string]string{}
		for _, e := range read[list](b.t, b.as(b.ana, http.MethodGet, "/api/v1/tasks?action=echo&action=hold", nil), ok).Tasks {
			got[e.ID] = e.RawStatus
		}
		for id, status := range want {
			if got[id] != status {
				return false
			}
		}
		return true
	})
}

// get sends a request of ana's page, by GET or, if there is a form, by POST.
func (b *taoBundle) get(path string, form url.Values) answer {
	b.t.Helper()
	if form == nil {
		return b.as(b.ana, http.MethodGet, path, nil, ajax...)
	}
	return b.as(b.ana, http.MethodPost, path, form.Encode(), append([]string{"Content-Type", "application/x-www-form-urlencoded"}, ajax...)...)
}

// golden requires an answer to be this JSON, in which words in angle brackets stand for what differs from run to run.
func golden(t *testing.T, a answer, status int, want string) {
	t.Helper()
	require.Equal(t, status, a.StatusCode, "%s", a.body)
	require.Equal(t, "application/json", a.Header.Get("Content-Type"))
	var got any
	require.NoError(t, json.Unmarshal(a.body, &got), "%s", a.body)
	encoded, err := json.Marshal(mask(got))
	require.NoError(t, err)
	require.JSONEq(t, want, string(encoded))
}

// mask replaces times, and the version of the program.
func mask(value any) any {
	switch value := value.(type) {
	case map[string]any:
		for key, v := range value {
			switch {
			case strings.HasSuffix(key, "At") || strings.HasSuffix(key, "Elapsed"):
				if seconds, ok := v.(float64); ok && seconds == float64(int64(seconds)) && seconds >= 0 {
					value[key] = "<seconds>"
				}
			case key == "version" && v != "":
				value[key] = "<version>"
			default:
				value[key] = mask(v)
			}
		}
	case []any:
		for i := range value {
			value[i] = mask(value[i])
		}
	}
	return value
}

const times = `"createdAt":"<seconds>","createdAtElapsed":"<seconds>","updatedAt":"<seconds>","updatedAtElapsed":"<seconds>"`

func (b *taoBundle) doneReport() string {
	return `{"type":"info","message":"Running task ` + b.done + `","data":null,"children":[
		{"type":"success","message":"wrote a file","data":"` + b.queue + `/cities.csv","children":[]}]}`
}

// 36, 37: the JSON of one task, with what each controller adds to it.
func TestTAOGet(t *testing.T) {
	t.Parallel()
	b := setupTAO(t, api.Config{})
	entity := `"id":"` + b.done + `","taskName":"echo","status":"completed","masterStatus":false,"statusLabel":"Completed","taskLabel":"Cities",` + times + `,"report":` + b.doneReport()
	for path, added := range map[string]string{core: `"category":"export","hasFile":true`, extension: `"category":"export","hasFile":true`, seed: `"category":"export","file":true`} {
		want := `{"success":true,"data":{` + entity + `,` + added + `}}`
		golden(t, b.get(path+"/get?taskId="+b.done, nil), ok, want)
		golden(t, b.get(path+"/get", url.Values{"taskId": {b.done}}), ok, want)
	}
	require.Regexp(t, `^\{"success":true,"data":\{"id":"[^"]+","taskName":"echo","status":"completed","masterStatus":false,"statusLabel":"Completed","taskLabel":"Cities","createdAt":`,
		string(b.get(core+"/get?taskId="+b.done, nil).body), "the order of the keys")

	// f: what waits, and the labels.
	golden(t, b.get(core+"/get?taskId="+b.waits, nil), ok, `{"success":true,"data":{"id":"`+b.waits+`","taskName":"echo","status":"created","masterStatus":false,
		"statusLabel":"Queued","taskLabel":"later",`+times+`,"category":"unknown","hasFile":false}}`)
	golden(t, b.get(core+"/get?taskId="+b.running, nil), ok, `{"success":true,"data":{"id":"`+b.running+`","taskName":"hold","status":"in_progress","masterStatus":true,
		"statusLabel":"In Progress",`+times+`,"category":"unknown","hasFile":false}}`)
	require.Contains(t, string(b.get(core+"/get?taskId="+b.failed, nil).body), `"status":"failed","masterStatus":false,"statusLabel":"Failed"`)
}

// Errors of the endpoints that get one task.
func TestTAOGetErrors(t *testing.T) {
	t.Parallel()
	b := setupTAO(t, api.Config{})
	const missingParameter = "At least one mandatory parameter was required but found missing in your request"
	notFound := func(id string) string { return `Task log for task \"` + id + `\" not found` }
	for query, message := range map[string]string{
		"": missingParameter, "?id=" + b.done: missingParameter, "?taskId=absent": notFound("absent"), "?taskId=": notFound(""), "?taskId=" + b.foreign: notFound(b.foreign),
		"?taskId[]=" + b.done: `The parameter \"taskId\" must be one id, not a list.`,
	} {
		golden(t, b.get(core+"/get"+query, nil), 400, `{"success":false,"code":0,"message":"`+message+`","data":[]}`)
		for _, path := range webPaths("get", extension, seed) {
			golden(t, b.get(path+query, nil), ok, `{"success":false,"errorMsg":"`+message+`","errorCode":0}`)
		}
	}

	// Archived and cancelled tasks are not shown any more.
	for _, path := range []string{core, extension, seed} {
		id := b.enqueue(b.ana, map[string]any{"action": "echo", "delay": "1h"}).ID
		verb := map[string]string{core: "cancel"}[path]
		if verb == "" {
			verb = "archive"
		}
		golden(t, b.get(path+"/"+verb+"?taskId="+id, nil), ok, `{"success":true}`)
		require.Contains(t, string(b.get(path+"/get?taskId="+id, nil).body), notFound(id))
	}

	// Without the header of scripts.
	for _, r := range tao.Routes() {
		a := b.as(b.ana, http.MethodGet, r.Path+"?taskId="+b.waits+"&id="+b.waits, nil)
		if strings.Contains(r.Path, "Rest") && !strings.Contains(r.Path, "RestTask") || strings.HasPrefix(r.Path, "/tao/TaskQueue/") || strings.HasSuffix(r.Path, "/download") {
			require.NotContains(t, string(a.body), "Only ajax call allowed.", r.Path)
		} else {
			require.Equal(t, 400, a.StatusCode, r.Path)
			require.Contains(t, string(a.body), `"success":false`)
			require.Contains(t, string(a.body), `"Only ajax call allowed."`)
		}
	}
	require.Equal(t, ok, b.as(b.ana, http.MethodGet, core+"/stats", nil, "x-requested-with", "xmlhttprequest").StatusCode)
}
