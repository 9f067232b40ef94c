package api_test

import (
	"context"
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/distributed-task-queue/taskqueue/api"
	"github.com/distributed-task-queue/taskqueue/api/auth"
	"github.com/distributed-task-queue/taskqueue/api/tao"
	"github.com/distributed-task-queue/taskqueue/internal/temporaltest"
)

// decision is what happens when somebody does something to a task of ben's, or to what belongs to nobody.
type decision struct {
	query string
	body  any
	// The status that each role gets; the owner is ana.
	owner, operator, admin int
}

const ok, created, accepted, forbidden, missing = http.StatusOK, http.StatusCreated, http.StatusAccepted, http.StatusForbidden, http.StatusNotFound

// decisions has every operation. BEN stands for ben's subject, SCHEDULE for an id that no schedule has.
var decisions = map[string]decision{
	"createTask":       {"", `{"action":"echo","owner":"BEN"}`, forbidden, created, created},
	"createTasks":      {"", `{"tasks":[{"action":"echo","owner":"BEN"}]}`, ok, ok, ok}, // each task has a status of its own
	"listTasks":        {"?owner=BEN", nil, ok, ok, ok},
	"searchTasks":      {"", `{"filters":[{"column":"owner","op":"eq","value":"BEN"}]}`, ok, ok, ok},
	"archiveTasks":     {"", `{"ids":["ID"],"force":true}`, ok, ok, ok},
	"cancelTasks":      {"", `{"ids":["ID"],"force":true}`, ok, ok, ok},
	"archiveTask":      {"", `{"force":true}`, missing, ok, ok},
	"cancelTask":       {"", `{"force":true}`, missing, ok, ok},
	"rerunTask":        {"", nil, missing, created, created},
	"getTask":          {"", nil, missing, ok, ok},
	"getTaskTree":      {"", nil, missing, ok, ok},
	"getTaskTimeline":  {"", nil, missing, ok, ok},
	"getQueueHistory":  {"", nil, forbidden, ok, ok},
	"getIdentity":      {"", nil, ok, ok, ok},
	"downloadTaskFile": {"", nil, missing, ok, ok},
	"streamTask":       {"", nil, missing, ok, ok},
	"streamTasks":      {"?owner=BEN", nil, ok, ok, ok},
	"describeTaskFile": {"", nil, missing, ok, ok},
	"getDataTable":     {"?filtercolumns[owner]=BEN", nil, ok, ok, ok},
	"getStats":         {"?user=BEN", nil, forbidden, ok, ok},
	"getLog":           {"", nil, ok, ok, ok},
	"groupTasks":       {"?owner=BEN&by=owner", nil, ok, ok, ok},
	"searchGroups":     {"", `{"by":"owner"}`, ok, ok, ok},
	"listQueues":       {"", nil, forbidden, ok, ok},
	"pauseQueue":       {"", nil, forbidden, forbidden, ok},
	"resumeQueue":      {"", nil, forbidden, forbidden, ok},
	"listActions":      {"", nil, ok, ok, ok},
	"createSchedule":   {"", `{"id":"SCHEDULE","spec":{"cron":["30 2 * * *"],"startAt":"` + neverBefore + `"},"task":{"action":"echo"}}`, forbidden, created, created},
	"listSchedules":    {"", nil, forbidden, ok, ok},
	"getSchedule":      {"", nil, forbidden, ok, ok},
	"updateSchedule":   {"", `{"spec":{"cron":["30 2 * * *"],"startAt":"` + neverBefore + `"},"task":{"action":"echo"}}`, forbidden, ok, ok},
	"deleteSchedule":   {"", nil, forbidden, http.StatusNoContent, http.StatusNoContent},
	"pauseSchedule":    {"", nil, forbidden, ok, ok},
	"resumeSchedule":   {"", nil, forbidden, ok, ok},
	"triggerSchedule":  {"", nil, forbidden, accepted, accepted},
	"backfillSchedule": {"", `{"from":"2026-01-01T00:00:00Z","to":"2026-01-02T00:00:00Z"}`, forbidden, accepted, accepted},
	"getHealth":        {"", nil, ok, ok, ok},
	"getReadiness":     {"", nil, ok, ok, ok},
	"getMetrics":       {"", nil, forbidden, ok, ok},
	"getOpenAPI":       {"", nil, ok, ok, ok},
}

// taoDecision is what somebody else's request to an endpoint of the PHP system does: what it is about is ben's.
type taoDecision struct {
	parameters string // ID stands for a task that waits, FILE for one with a file
	shows      string // what is in the answer to whoever may; some errors have the status of a success. MARKER stands for the tasks' label
	operators  bool   // operators and admins may; ben always may, ana never
}

// taoDecisions has every endpoint.
var taoDecisions = map[string]taoDecision{
	"webGetAll":              {"", "MARKER", false},
	"webGet":                 {"taskId=ID", "MARKER", false},
	"webStats":               {"", `"numberOfTasksCompleted":1,`, false},
	"webArchive":             {"taskId=ID", `{"success":true}`, false},
	"webCancel":              {"taskId[]=ID", `{"success":true}`, false},
	"webDownload":            {"taskId=FILE", "MARKER", false},
	"restGet":                {"id=FILE", "MARKER", true},
	"restGetAll":             {"", "MARKER", false},
	"restGetStatus":          {"id=ID", `"data":"created"`, true},
	"extensionRestGet":       {"id=ID", "MARKER", true},
	"extensionRestGetStatus": {"id=ID", `"data":"created"`, true},
	"extensionWebGetAll":     {"", "MARKER", false},
	"extensionWebGet":        {"taskId=ID", "MARKER", false},
	"extensionWebStats":      {"", `"numberOfTasksCompleted":1,`, false},
	"extensionWebArchive":    {"taskId=ID", `{"success":true}`, false},
	"extensionWebDownload":   {"taskId=FILE", "MARKER", false},
	"seedGetAll":             {"reportIncluded=1", "MARKER", false},
	"seedGet":                {"taskId=ID", "MARKER", false},
	"seedStats":              {"", `"numberOfTasksCompleted":1,`, false},
	"seedArchive":            {"taskId=ID", `{"success":true}`, false},
	"seedDownload":           {"taskId=FILE", "MARKER", false},
}

// Every endpoint of the PHP system is asked by everybody, by GET and by POST. A new one needs a decision here.
func TestWhoMayDoWhatAsInThePHPSystem(t *testing.T) {
	t.Parallel()
	g := setupGuarded(t)
	g.work()
	marker := "marker-" + temporaltest.UniqueName(t)
	require.NoError(t, g.files.WriteAll(t.Context(), marker+".csv", []byte("the file of "+marker), nil))
	file := g.enqueue(g.ben, map[string]any{"action": "echo", "label": marker, "parameters": map[string]any{"file": marker + ".csv"}}).ID
	g.await("ben's task has ended, and the index knows", func() bool { return g.total(g.ben, "status=completed") == 1 })

	require.Len(t, taoDecisions, len(tao.Routes()))
	for _, r := range tao.Routes() {
		d, decided := taoDecisions[r.Operation]
		require.True(t, decided, "%s: who may do it? Decide in access_test.go", r.Operation)
		for _, method := range tao.Methods() {
			t.Run(r.Operation+" "+method, func(t *testing.T) {
				t.Parallel()
				waits := g.enqueue(g.ben, map[string]any{"action": "echo", "label": marker, "delay": "1h"}).ID
				parameters := strings.NewReplacer("ID", waits, "FILE", file).Replace(d.parameters)
				shows := strings.ReplaceAll(d.shows, "MARKER", marker)
				ask := func(who string) answer {
					if method == http.MethodGet {
						return g.as(who, method, r.Path+"?"+parameters, nil, ajax...)
					}
					return g.as(who, method, r.Path, parameters, append([]string{"Content-Type", "application/x-www-form-urlencoded"}, ajax...)...)
				}
				for _, who := range []string{nobody, wrong, expired, revoked} {
					a := ask(who)
					require.Equal(t, http.StatusUnauthorized, a.StatusCode, "%q: %s", who, a.body)
					require.Contains(t, a.Header.Get("WWW-Authenticate"), "Bearer")
					require.Contains(t, string(a.body), `{"success":false,`)
				}
				for _, who := range []string{g.ana, operator, admin, g.ben} { // ben last: what he may change is then changed
					if may := who == g.ben || d.operators && who != g.ana; may {
						require.Contains(t, string(ask(who).body), shows, who)
					} else {
						require.NotContains(t, string(ask(who).body), shows, who)
					}
				}
			})
		}
	}
}

// Every route is asked by everybody. A new route needs a decision here.
func TestWhoMayDoWhat(t *testing.T) {
	t.Parallel()
	g := setupGuarded(t)
	g.work()
	marker := "marker-" + temporaltest.UniqueName(t)
	require.NoError(t, g.files.WriteAll(t.Context(), marker+".csv", []byte("the file of "+marker), nil))
	file := g.enqueue(g.ben, map[string]any{"action": "echo", "label": marker, "parameters": map[string]any{"file": marker + ".csv"}}).ID
	g.await("ben's task has ended, and the index knows", func() bool { return g.total(g.ben, "status=completed") == 1 })

	require.Len(t, decisions, len(api.Routes()))
	for _, r := range api.Routes() {
		d, decided := decisions[r.Operation]
		require.True(t, decided, "%s: who may do it? Decide in access_test.go", r.Operation)
		t.Run(r.Operation, func(t *testing.T) {
			t.Parallel()
			try := func(who string, status int) {
				t.Helper()
				a := g.try(t, r, d, who, marker, file)
				require.Equal(t, status, a.StatusCode, "%q: %s", who, a.body)
				switch {
				case r.Method == http.MethodHead: // it has no body
				case status == http.StatusUnauthorized:
					require.Equal(t, "urn:taskqueue:problem:unauthenticated", readProblem(t, a, status).Type)
					require.Contains(t, a.Header.Get("WWW-Authenticate"), "Bearer")
				case status == forbidden:
					readProblem(t, a, status)
				}
				if who == g.ana {
					require.NotContains(t, string(a.body), marker, "what is ben's")
				}
			}
			for _, who := range []string{nobody, wrong, expired, revoked} {
				if r.Needs == auth.Anonymous {
					try(who, ok)
				} else {
					try(who, http.StatusUnauthorized)
				}
			}
			try(g.ana, d.owner)
			try(operator, d.operator)
			try(admin, d.admin)
		})
	}
}

// try sends the request of a decision, for things that nobody else has touched.
func (g *guarded) try(t *testing.T, r api.Route, d decision, who, marker, file string) answer {
	t.Helper()
	id, schedule := file, temporaltest.UniqueName(t)
	if strings.HasPrefix(r.Path, "/api/v1/schedules") {
		id = schedule
		t.Cleanup(func() { _ = g.client.Schedules().Delete(context.Background(), schedule) })
		if strings.Contains(r.Path, ":id") {
			a := g.as(admin, http.MethodPost, "/api/v1/schedules", map[string]any{
				"id": schedule, "spec": map[string]any{"cron": []string{"30 2 * * *"}, "startAt": neverBefore}, "task": map[string]any{"action": "echo", "label": marker},
			})
			require.Equal(t, created, a.StatusCode, "%s", a.body)
		}
	} else if !strings.HasSuffix(r.Operation, "TaskFile") {
		id = g.enqueue(g.ben, map[string]any{"action": "echo", "label": marker, "delay": "1h"}).ID
	}
	replace := strings.NewReplacer(":id", id, ":name", g.queue+"-b", "BEN", g.ben, "SCHEDULE", schedule, "ID", id)
	body := d.body
	if text, ok := body.(string); ok {
		body = replace.Replace(text)
	}
	path := replace.Replace(r.Path) + replace.Replace(d.query)
	if isStream(r) {
		return g.peek(who, path)
	}
	return g.as(who, r.Method, path, body)
}

func TestCredentials(t *testing.T) {
	t.Parallel()
	g := setupGuarded(t)
	key := g.credential[g.ana]
	for name, c := range map[string]struct {
		header []string
		status int
		detail string
	}{
		"bearer":            {[]string{"Authorization", "Bearer " + key}, ok, ""},
		"other case":        {[]string{"Authorization", "bEARER  " + key}, ok, ""},
		"header of its own": {[]string{"X-API-Key", key}, ok, ""},
		"two":               {[]string{"X-API-Key", key, "Authorization", "Bearer " + key}, 401, "more than one credential"},
		"basic":             {[]string{"Authorization", "Basic " + key}, 401, "must be: Bearer"},
		"empty":             {[]string{"Authorization", "Bearer "}, 401, "must be: Bearer"},
		"without secret":    {[]string{"X-API-Key", "tq_abc"}, 401, "not valid"},
		"no key":            {[]string{"X-API-Key", "x"}, 401, "not valid"},
	} {
		a := g.do(http.MethodGet, "/api/v1/tasks", nil, c.header...)
		require.Equal(t, c.status, a.StatusCode, "%s: %s", name, a.body)
		if c.detail != "" {
			require.Contains(t, readProblem(t, a, c.status).Detail, c.detail, name)
		}
		require.NotContains(t, string(a.body), key)
	}

	// A key that is revoked stops working at once, a new one works at once, and a file that cannot be trusted opens nothing.
	late := g.addKey(t, "late", "late", auth.Owner, nil)
	require.Equal(t, ok, g.as("late", http.MethodGet, "/api/v1/tasks", nil).StatusCode)
	_, err := g.keys.Revoke(t.Context(), late.ID)
	require.NoError(t, err)
	require.Equal(t, 401, g.as("late", http.MethodGet, "/api/v1/tasks", nil).StatusCode)
	require.Equal(t, ok, g.as(g.ana, http.MethodGet, "/api/v1/tasks", nil, "Host", "tasks.example.com").StatusCode, "with authentication any host is right")
}

// Handlers get their log from newCall, or they could read more than the visitor may.
func TestHandlersHaveNoOtherLog(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	used := map[string]int{}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		require.NoError(t, err)
		ast.Inspect(file, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok && s.Sel.Name == "TaskLog" {
				if x, ok := s.X.(*ast.Ident); !ok || x.Name != "tasklog" {
					used[name]++
				}
			}
			return true
		})
	}
	require.Equal(t, map[string]int{"scope.go": 1, "health.go": 1}, used, "only newCall and /readyz, which shows nothing of tasks")
}
