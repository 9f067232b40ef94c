package api_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/distributed-task-queue/taskqueue/api"
	"github.com/distributed-task-queue/taskqueue/api/auth"
	"github.com/distributed-task-queue/taskqueue/internal/temporaltest"
)

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
