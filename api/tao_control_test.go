package api_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/distributed-task-queue/taskqueue/api"
)

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
