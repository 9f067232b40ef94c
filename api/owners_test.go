package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/distributed-task-queue/taskqueue/internal/temporaltest"
	"github.com/distributed-task-queue/taskqueue/tasklog"
)

// ana tries everything to learn of ben's tasks, and to change them.
func TestOwnersAreConfinedToTheirTasks(t *testing.T) {
	t.Parallel()
	g := setupGuarded(t)
	g.work()
	marker := strings.ReplaceAll("marker"+temporaltest.UniqueName(t), "-", "")
	require.NoError(t, g.files.WriteAll(t.Context(), marker+".csv", []byte(marker), nil))
	done := g.enqueue(g.ben, map[string]any{"action": "echo", "label": marker + " done", "parameters": map[string]any{"file": marker + ".csv"}})
	waits := g.enqueue(g.ben, map[string]any{"action": "echo", "label": marker + " waits", "delay": "1h", "id": marker})
	child := g.enqueue(g.ben, map[string]any{"action": "echo", "label": marker + " child", "delay": "1h", "parentId": waits.ID})
	mine := g.enqueue(g.ana, map[string]any{"action": "echo", "label": "mine", "masterStatus": true})
	require.Equal(t, g.ana, mine.Owner, "who enqueues is the owner")
	require.Equal(t, g.ben, child.Owner)
	// A child of ana's task that is not hers.
	foreign := g.enqueue(operator, map[string]any{"action": "echo", "label": marker + " foreign", "delay": "1h", "parentId": mine.ID, "owner": g.ben})
	g.await("the index knows all", func() bool {
		return g.total(g.ben, "") == 4 && g.total(g.ben, "status=completed") == 1 && g.total(g.ana, "status=completed") == 1
	})
	ana := func(method, path string, body any) answer {
		t.Helper()
		a := g.as(g.ana, method, path, body)
		// What was asked for may be in the answer, but nothing else of ben's.
		require.NotContains(t, strings.ReplaceAll(string(a.body), `"`+marker+`\"`, ""), marker+" ", "%s %s", method, path)
		return a
	}

	t.Run("by id", func(t *testing.T) {
		for _, r := range []struct {
			method, suffix string
			body           any
		}{
			{"GET", "", nil}, {"GET", "/tree", nil}, {"GET", "/file", nil}, {"POST", "/cancel", nil}, {"POST", "/archive", nil}, {"POST", "/rerun", nil},
			{"POST", "/archive", `{"force":true}`}, {"POST", "/cancel", `{"force":true,"user":"` + g.ana + `"}`},
		} {
			none := ana(r.method, "/api/v1/tasks/no-such-task"+r.suffix, r.body)
			readProblem(t, none, missing)
			for _, id := range []string{done.ID, waits.ID, child.ID, foreign.ID} {
				a := ana(r.method, "/api/v1/tasks/"+id+r.suffix, r.body)
				require.Equal(t, missing, a.StatusCode)
				require.Equal(t, string(none.body), strings.ReplaceAll(string(a.body), id, "no-such-task"), "a task of others is as none: %s %s", r.method, r.suffix)
				require.Equal(t, none.Header.Get("Content-Type"), a.Header.Get("Content-Type"))
			}
		}
	})
	t.Run("by naming the other user", func(t *testing.T) {
		for _, who := range []string{g.ben, tasklog.SuperUser} {
			for field, a := range map[string]answer{
				"available":      ana("GET", "/api/v1/tasks?available="+who, nil),
				"available.user": ana("POST", "/api/v1/tasks/search", map[string]any{"available": map[string]any{"user": who}}),
				"user":           ana("GET", "/api/v1/stats?user="+who, nil),
				"owner":          ana("POST", "/api/v1/tasks", map[string]any{"action": "echo", "owner": who}),
			} {
				p := readProblem(t, a, forbidden)
				require.Equal(t, field, p.Field)
				require.Equal(t, "urn:taskqueue:problem:other-owner", p.Type)
			}
			readProblem(t, ana("POST", "/api/v1/datatable", map[string]any{"user": who}), forbidden)
			readProblem(t, ana("GET", "/api/v1/stats/groups?available="+who, nil), forbidden)
			readProblem(t, ana("POST", "/api/v1/stats/groups", map[string]any{"available": map[string]any{"user": who}}), forbidden)
			readProblem(t, ana("POST", "/api/v1/tasks/"+mine.ID+"/rerun", map[string]any{"owner": who}), forbidden)
			for _, verb := range []string{"archive", "cancel"} {
				readProblem(t, ana("POST", "/api/v1/tasks/"+waits.ID+"/"+verb, map[string]any{"user": who}), forbidden)
				readProblem(t, ana("POST", "/api/v1/tasks/"+verb, map[string]any{"all": true, "user": who}), forbidden)
			}
		}
	})
	t.Run("in lists, counts and groups", func(t *testing.T) {
		for _, query := range []string{"", "?limit=1000", "?owner=" + g.ben, "?owner=" + g.ben + "&owner=" + g.ana, "?parentId=" + waits.ID, "?text=" + marker, "?available=" + g.ana, "?sortBy=owner&queue=" + g.queue} {
			found := read[list](t, ana("GET", "/api/v1/tasks"+query, nil), ok)
			require.LessOrEqual(t, found.Total, int64(1), query)
			for _, e := range found.Tasks {
				require.Equal(t, mine.ID, e.ID, query)
			}
		}
		for _, body := range []string{
			`{}`, `{"available":{"archived":true,"cancelled":true}}`, `{"text":"` + marker + `"}`, `{"filters":[{"column":"owner","op":"neq","value":"x"}]}`,
			`{"filters":[{"column":"owner","op":"in","value":["` + g.ben + `","` + g.ana + `"]}],"deselect":["owner"]}`, `{"filters":[{"column":"owner","op":"like","value":"%"}],"limit":0}`,
			`{"filters":[{"column":"id","op":"eq","value":"` + waits.ID + `"}]}`,
		} {
			found := read[list](t, ana("POST", "/api/v1/tasks/search", body), ok)
			require.LessOrEqual(t, found.Total, int64(1), body)
			groups := body
			if !strings.Contains(body, "deselect") && !strings.Contains(body, "limit") {
				counted := read[tasklog.Groups](t, ana("POST", "/api/v1/stats/groups", groups), ok)
				require.Equal(t, found.Total, count(counted), body)
			}
		}
		require.Equal(t, tasklog.Groups{Groups: []tasklog.Group{{Value: g.ana, Count: 1}}}, read[tasklog.Groups](t, ana("GET", "/api/v1/stats/groups?by=owner&top=1", nil), ok))
		require.Equal(t, tasklog.Stats{Completed: 1}, read[tasklog.Stats](t, ana("GET", "/api/v1/stats", nil), ok))
		require.Equal(t, tasklog.Stats{Completed: 1}, read[tasklog.Stats](t, ana("GET", "/api/v1/stats?user="+g.ana, nil), ok))
		for _, query := range []string{"", "?rows=1000&sortby=owner", "?filtercolumns[queue]=" + g.queue} {
			require.Equal(t, []string{"mine"}, read[table](t, ana("POST", "/api/v1/datatable"+query, nil), ok).labels())
		}
		require.Empty(t, read[table](t, ana("POST", "/api/v1/datatable?filtercolumns[owner]="+g.ben, nil), ok).labels())
		// A cursor of ben's list is a position only.
		cursor := read[page](t, g.as(g.ben, "GET", "/api/v1/tasks?limit=1", nil), ok).Next
		require.LessOrEqual(t, len(read[list](t, ana("GET", "/api/v1/tasks?cursor="+cursor, nil), ok).Tasks), 1)
	})
	t.Run("in a tree", func(t *testing.T) {
		type tree struct{ Children []any }
		require.Empty(t, read[tree](t, ana("GET", "/api/v1/tasks/"+mine.ID+"/tree", nil), ok).Children, "a child that is ben's")
		require.Len(t, read[tree](t, g.as(operator, "GET", "/api/v1/tasks/"+mine.ID+"/tree", nil), ok).Children, 1)
	})
	t.Run("by enqueuing", func(t *testing.T) {
		taken := readProblem(t, ana("POST", "/api/v1/tasks", map[string]any{"action": "echo", "id": waits.ID}), http.StatusConflict)
		require.Equal(t, "id", taken.Field)
		none := readProblem(t, ana("POST", "/api/v1/tasks", map[string]any{"action": "echo", "parentId": "no-such-task"}), http.StatusUnprocessableEntity)
		others := readProblem(t, ana("POST", "/api/v1/tasks", map[string]any{"action": "echo", "parentId": waits.ID}), http.StatusUnprocessableEntity)
		others.Detail = strings.ReplaceAll(others.Detail, waits.ID, "no-such-task")
		require.Equal(t, none, others)
		require.Equal(t, g.ana, g.enqueue(g.ana, map[string]any{"action": "echo", "owner": g.ana, "parentId": mine.ID, "delay": "1h"}).Owner)
		again := read[entity](t, ana("POST", "/api/v1/tasks/"+mine.ID+"/rerun", nil), created)
		require.Equal(t, g.ana, again.Owner)
		g.awaitEnded(g.ana, again.ID)
	})
	t.Run("in bulk", func(t *testing.T) {
		for _, verb := range []string{"archive", "cancel"} {
			for _, dry := range []bool{true, false} {
				got := read[bulkResult](t, ana("POST", "/api/v1/tasks/"+verb, map[string]any{"ids": []string{waits.ID, done.ID, "no-such-task"}, "force": true, "dryRun": dry}), ok)
				require.Equal(t, 3, got.Unknown, "%s %+v", verb, got)
				require.Zero(t, got.Changed+got.Eligible+got.Failed)
				for _, filter := range []string{
					`{"column":"owner","op":"eq","value":"` + g.ben + `"}`, `{"column":"id","op":"in","value":["` + waits.ID + `","` + done.ID + `"]}`, `{"column":"label","op":"like","value":"` + marker + `%"}`,
				} {
					body := `{"filters":[` + filter + `],"force":true,"dryRun":` + map[bool]string{true: "true", false: "false"}[dry] + `}`
					got := read[bulkResult](t, ana("POST", "/api/v1/tasks/"+verb, body), ok)
					require.Zero(t, got.Eligible+got.Changed+got.Skipped+got.Failed, "%s %s", verb, body)
				}
			}
			all := read[bulkResult](t, ana("POST", "/api/v1/tasks/"+verb, map[string]any{"all": true, "force": true}), ok)
			require.Zero(t, all.Failed)
		}
		for id, status := range map[string]string{waits.ID: "enqueued", done.ID: "completed", child.ID: "enqueued", foreign.ID: "enqueued"} {
			require.Equal(t, status, read[entity](t, g.as(g.ben, "GET", "/api/v1/tasks/"+id, nil), ok).RawStatus)
		}
		require.Equal(t, "archived", read[entity](t, ana("GET", "/api/v1/tasks/"+mine.ID, nil), ok).RawStatus, "her own")
	})
	t.Run("who may", func(t *testing.T) {
		require.Equal(t, marker, string(g.as(g.ben, "GET", "/api/v1/tasks/"+done.ID+"/file", nil).body))
		require.Equal(t, marker, string(g.as(operator, "GET", "/api/v1/tasks/"+done.ID+"/file", nil).body))
		require.EqualValues(t, 4, g.total(operator, "available="+g.ben))
		own := g.enqueue(operator, map[string]any{"action": "echo", "delay": "1h"})
		require.True(t, strings.HasPrefix(own.Owner, "op-"), own.Owner)
		require.Equal(t, g.ben, g.enqueue(operator, map[string]any{"action": "echo", "delay": "1h", "parentId": child.ID}).Owner, "a child has its parent's owner")
		require.True(t, read[controlled](t, g.as(operator, "POST", "/api/v1/tasks/"+waits.ID+"/cancel", nil), ok).Changed)
	})
}

func (g *guarded) awaitEnded(who, id string) {
	g.t.Helper()
	g.await("task "+id+" has ended", func() bool {
		return read[entity](g.t, g.as(who, http.MethodGet, "/api/v1/tasks/"+id, nil), ok).Report != nil
	})
}
