package api_test

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/distributed-task-queue/taskqueue"
	"github.com/distributed-task-queue/taskqueue/api"
	"github.com/distributed-task-queue/taskqueue/api/auth"
	"github.com/distributed-task-queue/taskqueue/api/tao"
	"github.com/distributed-task-queue/taskqueue/internal/temporaltest"
	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/tasklog"
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

// taoIDs returns the ids of a list, in its order.
func taoIDs(t *testing.T, a answer) []string {
	t.Helper()
	ids := []string{}
	for _, e := range read[struct{ Data []struct{ ID string } }](t, a, ok).Data {
		ids = append(ids, e.ID)
	}
	return ids
}

// 38, 39, 53, f: lists and counts.
func TestTAOListAndStats(t *testing.T) {
	t.Parallel()
	b := setupTAO(t, api.Config{})
	all := []string{b.running, b.waits, b.failed, b.done}
	for _, path := range append(webPaths("getAll", core, extension, seed), "/tao/TaskQueue/getAll") {
		require.Equal(t, all, taoIDs(t, b.get(path, nil)), path)
		require.Len(t, taoIDs(t, b.get(path+"?limit=2", nil)), 2, path)
		require.Len(t, taoIDs(t, b.get(path, url.Values{"limit": {"2"}})), 2, path)
		require.Equal(t, taoIDs(t, b.get(path, nil))[1:3], taoIDs(t, b.get(path+"?limit=2&offset=1", nil)), path)
		for _, query := range []string{"?limit=0", "?limit=none", "?limit=-1", "?offset=100"} {
			require.Empty(t, taoIDs(t, b.get(path+query, nil)), "%s%s", path, query)
		}
		require.Len(t, taoIDs(t, b.get(path+"?offset=-5&_=1700000000&limit=1x", nil)), 1, path)
	}
	const last = "?limit=1&offset=3"
	entity := `"id":"` + b.done + `","taskName":"echo","status":"completed","masterStatus":false,"statusLabel":"Completed","taskLabel":"Cities",` + times
	managed := entity + `,"category":"export","hasFile":true`
	golden(t, b.get(core+"/getAll"+last, nil), ok, `{"success":true,"data":[{`+managed+`}]}`)
	golden(t, b.get(extension+"/getAll"+last, nil), ok, `{"success":true,"data":[{`+managed+`}]}`)
	golden(t, b.get("/tao/TaskQueue/getAll"+last, nil), ok, `{"success":true,"data":[{`+managed+`}],"version":"<version>"}`)
	golden(t, b.get(seed+"/getAll"+last, nil), ok, `{"success":true,"data":[{`+entity+`,"category":"export","file":true,"report":`+b.doneReport()+`}]}`)
	golden(t, b.get(seed+"/getAll"+last+"&reportIncluded=1", nil), ok, `{"success":true,"data":[{`+entity+`,"category":"export","file":true,"report":`+b.doneReport()+`}]}`)
	golden(t, b.get(seed+"/getAll"+last+"&reportIncluded=0", nil), ok, `{"success":true,"data":[{`+entity+`,"category":"export","file":true}]}`)

	for _, path := range webPaths("stats", core, extension, seed) {
		golden(t, b.get(path, nil), ok, `{"success":true,"data":{"numberOfTasksCompleted":1,"numberOfTasksFailed":1,"numberOfTasksInProgress":1}}`)
	}

	// Somebody without tasks.
	key := temporaltest.UniqueName(t)
	b.addKey(t, key, key, auth.Owner, nil)
	golden(t, b.as(key, http.MethodGet, core+"/getAll", nil, ajax...), ok, `{"success":true,"data":[]}`)
	golden(t, b.as(key, http.MethodGet, core+"/stats", nil, ajax...), ok, `{"success":true,"data":{"numberOfTasksCompleted":0,"numberOfTasksFailed":0,"numberOfTasksInProgress":0}}`)
}

// g, h: archiving and cancelling by ids.
func TestTAOArchiveAndCancel(t *testing.T) {
	t.Parallel()
	b := setupTAO(t, api.Config{})
	raw := func(id string) string {
		return read[entity](t, b.as(admin, http.MethodGet, "/api/v1/tasks/"+id, nil), ok).RawStatus
	}
	later := func() string { return b.enqueue(b.ana, map[string]any{"action": "echo", "delay": "1h"}).ID }
	archive, cancel := core+"/archive", core+"/cancel"

	// What is there no task, somebody else's, archived or cancelled does not count; alone it is no success.
	golden(t, b.get(archive+"?taskId=absent", nil), ok, `{"success":false}`)
	golden(t, b.get(archive+"?taskId="+b.foreign, nil), ok, `{"success":false}`)
	golden(t, b.get(cancel+"?taskId[]="+b.foreign, nil), ok, `{"success":false}`)
	require.Equal(t, "enqueued", raw(b.foreign))

	// In progress.
	golden(t, b.get(archive+"?taskId="+b.running, nil), ok, `{"success":false}`)
	golden(t, b.get(cancel+"?taskId="+b.running, nil), ok, `{"success":false}`)
	golden(t, b.get(cancel+"?taskId="+b.failed, nil), ok, `{"success":false}`)
	require.Equal(t, "running", raw(b.running))

	// h: partly eligible: the others are changed, and it is no success.
	first, second := later(), later()
	golden(t, b.get(archive, url.Values{"taskId[]": {first, b.running}}), ok, `{"success":false}`)
	golden(t, b.get(cancel, url.Values{"taskId[]": {second, b.failed}}), ok, `{"success":false}`)
	require.Equal(t, "archived", raw(first))
	require.Equal(t, "cancelled", raw(second))

	// g: a task that waits can be archived. Several at once, in either form of an array, with what does not count among them.
	first, third := later(), later()
	golden(t, b.get(archive+"?taskId[0]="+first+"&taskId[1]="+third+"&taskId[2]=absent&taskId[3]="+second, nil), ok, `{"success":true}`)
	require.Equal(t, "archived", raw(first))
	require.Equal(t, "archived", raw(third))
	require.Equal(t, "cancelled", raw(second), "it is not shown any more, so it is left alone")
	golden(t, b.get(archive+"?taskId="+first, nil), ok, `{"success":false}`)
	first, third = later(), later()
	golden(t, b.get(cancel, url.Values{"taskId[]": {first, third}}), ok, `{"success":true}`)
	require.Equal(t, "cancelled", raw(third))
	golden(t, b.get(archive, url.Values{}), 400, `{"success":false,"code":0,"message":"At least one mandatory parameter was required but found missing in your request","data":[]}`)
	golden(t, b.get(cancel, nil), 400, `{"success":false,"code":0,"message":"At least one mandatory parameter was required but found missing in your request","data":[]}`)

	// The endpoints before those: one takes several, the other one task, and tells why not.
	first, third = later(), later()
	golden(t, b.get(extension+"/archive", url.Values{"taskId[]": {first, third}}), ok, `{"success":true}`)
	golden(t, b.get(extension+"/archive", nil), ok, `{"success":false,"errorMsg":"At least one mandatory parameter was required but found missing in your request","errorCode":0}`)
	golden(t, b.get(seed+"/archive", url.Values{"taskId": {later()}}), ok, `{"success":true}`)
	golden(t, b.get(seed+"/archive?taskId=absent", nil), ok, `{"success":false,"errorMsg":"Task log for task \"absent\" not found","errorCode":404}`)
	golden(t, b.get(seed+"/archive?taskId="+b.foreign, nil), ok, `{"success":false,"errorMsg":"Task log for task \"`+b.foreign+`\" not found","errorCode":404}`)
	golden(t, b.get(seed+"/archive?taskId="+b.running, nil), ok,
		`{"success":false,"errorMsg":"Task cannot be archived because it is in progress. Task \"`+b.running+`\" is running.","errorCode":0}`)
	golden(t, b.get(seed+"/archive", nil), ok, `{"success":false,"errorMsg":"At least one mandatory parameter was required but found missing in your request","errorCode":0}`)
}

// Archiving and cancelling all.
func TestTAOAll(t *testing.T) {
	t.Parallel()
	b := setupTAO(t, api.Config{})
	golden(t, b.get(core+"/cancel?taskId=all", nil), ok, `{"success":true}`)
	golden(t, b.get(core+"/archive", url.Values{"taskId": {"all"}}), ok, `{"success":true}`)
	b.awaitStatuses(map[string]string{b.done: "archived", b.failed: "archived", b.waits: "cancelled", b.running: "running"})
	require.Equal(t, "enqueued", read[entity](t, b.as(b.ben, http.MethodGet, "/api/v1/tasks/"+b.foreign, nil), ok).RawStatus)
	for _, path := range []string{core + "/archive", core + "/cancel", extension + "/archive"} {
		golden(t, b.get(path+"?taskId=all", nil), ok, `{"success":false}`)
	}
}

// The file of a task, and why there is none.
func TestTAODownload(t *testing.T) {
	t.Parallel()
	b := setupTAO(t, api.Config{})
	gone := b.enqueue(b.ana, map[string]any{"action": "echo", "parameters": map[string]any{"file": "gone.csv"}}).ID
	plain := b.enqueue(b.ana, map[string]any{"action": "echo"}).ID
	b.awaitStatuses(map[string]string{gone: "completed", plain: "completed"})
	for _, family := range []string{core, extension, seed} {
		for _, a := range []answer{
			b.as(b.ana, http.MethodGet, family+"/download?taskId="+b.done, nil),
			b.as(b.ana, http.MethodPost, family+"/download", "taskId="+b.done, "Content-Type", "application/x-www-form-urlencoded"),
		} {
			require.Equal(t, ok, a.StatusCode, "%s", a.body)
			require.Equal(t, "Rome\n", string(a.body))
			require.Equal(t, "fileDownload=true; Path=/", a.Header.Get("Set-Cookie"))
			require.Equal(t, "attachment; filename=cities.csv", a.Header.Get("Content-Disposition"))
			require.Contains(t, a.Header.Get("Content-Security-Policy"), "frame-ancestors 'self'")
		}
		part := b.as(b.ana, http.MethodGet, family+"/download?taskId="+b.done, nil, "Range", "bytes=1-2")
		require.Equal(t, http.StatusPartialContent, part.StatusCode)
		require.Equal(t, "om", string(part.body))

		for query, message := range map[string]string{
			"": "At least one mandatory parameter was required but found missing in your request", "?taskId=absent": `Task log for task "absent" not found`,
			"?taskId=" + b.foreign: `Task log for task "` + b.foreign + `" not found`, "?taskId=" + b.failed: `Task "` + b.failed + `" is not downloadable.`,
			"?taskId=" + b.running: `Task "` + b.running + `" is not downloadable.`, "?taskId=" + plain: "Filename not found in report.", "?taskId=" + gone: "File not found.",
		} {
			a := b.as(b.ana, http.MethodGet, family+"/download"+query, nil)
			require.Empty(t, a.Header.Get("Set-Cookie"), "the page must see that it has failed")
			encoded, err := json.Marshal(message)
			require.NoError(t, err)
			if family == core {
				golden(t, a, 400, `{"success":false,"code":0,"message":`+string(encoded)+`,"data":[]}`)
			} else {
				golden(t, a, ok, `{"success":false,"errorMsg":`+string(encoded)+`,"errorCode":0}`)
			}
		}
	}
}

// n: the endpoints for programs, in JSON and XML.
func TestTAORest(t *testing.T) {
	t.Parallel()
	b := setupTAO(t, api.Config{})
	ana := func(path string, accept ...string) answer {
		t.Helper()
		header := []string{}
		for _, a := range accept {
			header = append(header, "Accept", a)
		}
		return b.as(b.ana, http.MethodGet, path, nil, header...)
	}
	archived := b.enqueue(b.ana, map[string]any{"action": "echo", "delay": "1h"}).ID
	golden(t, b.get(core+"/archive?taskId="+archived, nil), ok, `{"success":true}`)
	cancelled := b.enqueue(b.ana, map[string]any{"action": "echo", "delay": "1h"}).ID
	golden(t, b.get(core+"/cancel?taskId="+cancelled, nil), ok, `{"success":true}`)

	golden(t, ana("/tao/TaskQueue/get?id="+b.done), ok, `{"success":true,"data":{"id":"`+b.done+`","status":"finished","report":`+b.doneReport()+`},"version":"<version>"}`)
	golden(t, ana("/tao/TaskQueue/get?id="+b.waits), ok, `{"success":true,"data":{"id":"`+b.waits+`","status":"created","report":null},"version":"<version>"}`)
	for id, statuses := range map[string][2]string{
		b.done: {"finished", "completed"}, b.failed: {"finished", "failed"}, b.waits: {"created", "created"}, b.running: {"running", "in_progress"},
		archived: {"archived", "archived"}, cancelled: {"cancelled", "cancelled"},
	} {
		require.Equal(t, statuses[0], read[struct{ Data struct{ Status string } }](t, ana("/tao/TaskQueue/get?id="+id), ok).Data.Status)
		for _, path := range []string{"/tao/TaskQueue", "/taoTaskQueue/TaskQueueRestApi"} {
			golden(t, ana(path+"/getStatus?id="+id), ok, `{"success":true,"data":"`+statuses[1]+`","version":"<version>"}`)
		}
	}
	golden(t, ana("/taoTaskQueue/TaskQueueRestApi/get?id="+b.done), ok, `{"success":true,"data":{"id":"`+b.done+`","taskName":"echo","status":"completed","masterStatus":false,
		"statusLabel":"Completed","taskLabel":"Cities",`+times+`,"report":`+b.doneReport()+`,"category":"export","hasFile":true},"version":"<version>"}`)

	for _, path := range []string{"/tao/TaskQueue/get", "/tao/TaskQueue/getStatus", "/taoTaskQueue/TaskQueueRestApi/get", "/taoTaskQueue/TaskQueueRestApi/getStatus"} {
		golden(t, ana(path), 400, `{"success":false,"errorCode":0,"errorMsg":"At least one mandatory parameter was required but found missing in your request","version":"<version>"}`)
		golden(t, ana(path+"?id=absent"), 404, `{"success":false,"errorCode":0,"errorMsg":"Task log for task \"absent\" not found","version":"<version>"}`)
		golden(t, ana(path+"?id="+b.foreign), 404, `{"success":false,"errorCode":0,"errorMsg":"Task log for task \"`+b.foreign+`\" not found","version":"<version>"}`)
		require.Equal(t, ok, b.as(operator, http.MethodGet, path+"?id="+b.foreign, nil).StatusCode, "operators see everybody's")
		golden(t, ana(path+"?id="+b.done, "application/rdf+xml"), 406, `{"success":false,"errorCode":0,"errorMsg":"Answers are application/json, application/xml or text/xml.","version":"<version>"}`)
		golden(t, b.as(nobody, http.MethodGet, path+"?id="+b.done, nil), 401,
			`{"success":false,"errorCode":401,"errorMsg":"send an API key or a token: Authorization: Bearer …, or an API key as X-API-Key","version":"<version>"}`)
	}

	type document struct {
		XMLName xml.Name `xml:"root"`
		Success bool     `xml:"success"`
		Version string   `xml:"version"`
		Message string   `xml:"errorMsg"`
		Data    struct {
			Text   string `xml:",chardata"`
			ID     string `xml:"id"`
			Status string `xml:"status"`
			Report struct {
				Children []struct {
					Data string `xml:"data"`
				} `xml:"children>element"`
			} `xml:"report"`
			Tasks []struct {
				Action string `xml:"taskName"`
			} `xml:"element"`
		} `xml:"data"`
	}
	readXML := func(a answer, status int, mediaType string) (d document) {
		t.Helper()
		require.Equal(t, status, a.StatusCode, "%s", a.body)
		require.Equal(t, mediaType+"; charset=utf-8", a.Header.Get("Content-Type"))
		require.NoError(t, xml.Unmarshal(a.body, &d), "%s", a.body)
		require.NotEmpty(t, d.Version)
		require.Equal(t, status == ok, d.Success)
		return d
	}
	d := readXML(ana("/tao/TaskQueue/get?id="+b.done, "text/html, application/xml;q=0.9, */*;q=0.8"), ok, "application/xml")
	require.Equal(t, b.done, d.Data.ID)
	require.Equal(t, "finished", d.Data.Status)
	require.Equal(t, b.queue+"/cities.csv", d.Data.Report.Children[0].Data)
	require.Equal(t, "in_progress", readXML(ana("/tao/TaskQueue/getStatus?id="+b.running, "text/xml"), ok, "text/xml").Data.Text)
	require.GreaterOrEqual(t, len(readXML(ana("/tao/TaskQueue/getAll", "text/xml"), ok, "text/xml").Data.Tasks), 4)
	require.Contains(t, readXML(ana("/tao/TaskQueue/get?id=absent", "text/xml"), 404, "text/xml").Message, "not found")
	require.Contains(t, readXML(b.as(nobody, http.MethodGet, "/tao/TaskQueue/get?id=x", nil, "Accept", "text/xml"), 401, "text/xml").Message, "send an API key")
}

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
