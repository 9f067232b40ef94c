package api_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/distributed-task-queue/taskqueue/internal/temporaltest"
)

const idempotencyKey = "Idempotency-Key"

func TestIdempotencyKey(t *testing.T) {
	t.Parallel()
	g := setupGuarded(t)
	key := temporaltest.UniqueName(t)
	post := func(who, body string, header ...string) answer {
		t.Helper()
		return g.as(who, http.MethodPost, "/api/v1/tasks", body, header...)
	}
	const wanted = `{"action":"echo","label":"once","parameters":{"fail":false},"delay":"1h"}`
	a := post(g.ana, wanted, idempotencyKey, `"`+key+`"`)
	first := read[entity](t, a, created)

	for name, again := range map[string]answer{
		"the same":                post(g.ana, wanted, idempotencyKey, `"`+key+`"`),
		"without quotation marks": post(g.ana, wanted, idempotencyKey, key),
		"in the body":             post(g.ana, strings.Replace(wanted, `{`, `{"idempotencyKey":"`+key+`",`, 1)),
		"spelled otherwise":       post(g.ana, `{"delay":3600, "parameters":{"fail" : false}, "label":"once", "action":"echo"}`, idempotencyKey, key),
	} {
		require.Equal(t, first, read[entity](t, again, created), name)
		require.Equal(t, a.Header.Get("Location"), again.Header.Get("Location"))
	}
	reused := readProblem(t, post(g.ana, `{"action":"echo","label":"twice"}`, idempotencyKey, key), http.StatusUnprocessableEntity)
	require.Equal(t, "urn:taskqueue:problem:idempotency-key-reused", reused.Type)
	require.Equal(t, idempotencyKey, reused.Field)

	// The same key of somebody else is another one, also if they enqueue for her.
	require.NotEqual(t, first.ID, read[entity](t, post(g.ben, wanted, idempotencyKey, key), created).ID)
	forAna := strings.Replace(wanted, `{`, `{"owner":"`+g.ana+`",`, 1)
	require.NotEqual(t, first.ID, read[entity](t, post(operator, forAna, idempotencyKey, key), created).ID)
	// Nobody can take the id that somebody's key makes, nor find out whether the key has been used.
	for _, id := range []string{first.ID, strings.ToUpper(first.ID), "6d5f0c3e-64a8-8b0e-9d2a-3f5b8f0f1d77"} {
		taken := `{"action":"echo","id":"` + id + `"}`
		p := readProblem(t, post(g.ben, taken), http.StatusUnprocessableEntity)
		require.Equal(t, "id", p.Field)
		require.Contains(t, p.Detail, "UUID of version 8")
		many := read[creations](t, g.as(g.ben, http.MethodPost, "/api/v1/tasks/bulk", `{"tasks":[`+taken+`]}`), ok)
		require.Equal(t, p, *many.Results[0].Problem)
	}
	own := uuid.NewString()
	require.Equal(t, own, read[entity](t, post(g.ben, `{"action":"echo","id":"`+own+`"}`), created).ID, "other UUIDs may be")

	for header, want := range map[string]string{
		`"`:                      "1 to 255 characters",
		`""`:                     "1 to 255 characters",
		`"a"b"`:                  "1 to 255 characters",
		`"a\b"`:                  "1 to 255 characters",
		strings.Repeat("x", 256): "maxLength",
		"schl\u00fcssel":         "does not match pattern",
	} {
		p := readProblem(t, post(g.ana, wanted, idempotencyKey, header), http.StatusUnprocessableEntity)
		require.Equal(t, idempotencyKey, p.Field)
		require.Contains(t, p.Detail, want)
	}
	p := readProblem(t, post(g.ana, `{"action":"echo","id":"x"}`, idempotencyKey, "k"), http.StatusUnprocessableEntity)
	require.Equal(t, "id", p.Field)
	p = readProblem(t, post(g.ana, `{"action":"echo","idempotencyKey":"x"}`, idempotencyKey, "k"), http.StatusUnprocessableEntity)
	require.Equal(t, "idempotencyKey", p.Field)
	escaped := read[entity](t, post(g.ana, wanted, idempotencyKey, `"`+key+` \"\\"`), created).ID
	require.Equal(t, escaped, read[entity](t, post(g.ana, strings.Replace(wanted, `{`, `{"idempotencyKey":"`+key+` \"\\",`, 1)), created).ID)
}

type creations struct {
	Created, Refused int
	Results          []struct {
		Status  int
		Task    *entity
		Problem *problem
	}
}

func TestEnqueueMany(t *testing.T) {
	t.Parallel()
	g := setupGuarded(t)
	g.work()
	own := temporaltest.UniqueName(t)
	body := `{"tasks":[
		{"action":"echo","label":"good","parameters":{"fail":false}},
		{"action":"echo","lable":"typing error","priority":9},
		{"action":"echo","queue":"nowhere"},
		{"action":"echo","owner":"` + g.ben + `"},
		7,
		{"action":"echo","id":"` + own + `","delay":"1h"},
		{"action":"echo","id":"` + own + `2","parentId":"no-such-task"},
		{"action":"echo","delay":"99999999999h"}
	]}`
	got := read[creations](t, g.as(g.ana, http.MethodPost, "/api/v1/tasks/bulk", body), ok)
	require.Equal(t, 2, got.Created)
	require.Equal(t, 6, got.Refused)
	require.Len(t, got.Results, 8)
	for i, want := range []struct {
		status int
		field  string
	}{
		{201, ""}, {422, "lable"}, {422, "queue"}, {403, "owner"}, {422, ""}, {201, ""}, {422, "parentId"}, {422, "delay"},
	} {
		result := got.Results[i]
		require.Equal(t, want.status, result.Status, i)
		if want.status == created {
			require.Nil(t, result.Problem)
			require.Equal(t, g.ana, result.Task.Owner)
			continue
		}
		require.Nil(t, result.Task)
		require.Equal(t, want.status, result.Problem.Status)
		require.Equal(t, want.field, result.Problem.Field, result.Problem.Detail)
	}
	require.Len(t, got.Results[1].Problem.Errors, 2, "every mistake is named")
	require.Equal(t, "completed", g.awaitClosedAs(g.ana, got.Results[0].Task.ID).Status)
	parent := got.Results[5].Task.ID
	children := strings.Repeat(`{"action":"echo","delay":"1h","parentId":"`+parent+`"},`, 3)
	family := read[creations](t, g.as(g.ana, http.MethodPost, "/api/v1/tasks/bulk", `{"tasks":[`+children+`{"action":"echo","parentId":"nobody"}]}`), ok)
	require.Equal(t, 3, family.Created)
	require.Equal(t, parent, family.Results[2].Task.ParentID)
	require.Equal(t, "parentId", family.Results[3].Problem.Field)
	require.Equal(t, 409, read[creations](t, g.as(g.ana, http.MethodPost, "/api/v1/tasks/bulk", `{"tasks":[{"action":"echo","id":"`+own+`"}]}`), ok).Results[0].Status)

	// What is wrong with the body as a whole enqueues nothing.
	for wrong, field := range map[string]string{
		`{}`:                                     "tasks",
		`{"tasks":[]}`:                           "tasks",
		`{"tasks":[{"action":"echo"}],"task":1}`: "task",
		`{"tasks":[` + strings.Repeat(`{"action":"echo"},`, 1000) + `{"action":"x"}]}`: "tasks",
	} {
		require.Equal(t, field, readProblem(t, g.as(g.ana, http.MethodPost, "/api/v1/tasks/bulk", wrong), http.StatusUnprocessableEntity).Field)
	}
}

func (g *guarded) awaitClosedAs(who, id string) entity {
	g.t.Helper()
	g.awaitEnded(who, id)
	return read[entity](g.t, g.as(who, http.MethodGet, "/api/v1/tasks/"+id, nil), ok)
}

// A request for many tasks can be repeated as a whole.
func TestEnqueueManyOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	key := temporaltest.UniqueName(t)
	tasks := make([]map[string]any, 100)
	for i := range tasks {
		tasks[i] = map[string]any{"action": "declared", "parameters": i}
	}
	tasks[3]["idempotencyKey"] = key + " of its own"
	send := func() creations {
		t.Helper()
		return read[creations](t, b.do(http.MethodPost, "/api/v1/tasks/bulk", map[string]any{"tasks": tasks}, idempotencyKey, key), ok)
	}
	first, again := send(), send()
	require.Equal(t, 100, first.Created)
	require.Equal(t, first, again)
	for i, result := range first.Results {
		require.JSONEq(t, strconv.Itoa(i), string(result.Task.Parameters), "in order")
	}
	alone := read[entity](t, b.do(http.MethodPost, "/api/v1/tasks", tasks[3]), created)
	require.Equal(t, *first.Results[3].Task, alone)
	tasks[5]["label"] = "other"
	changed := send()
	require.Equal(t, 1, changed.Refused)
	require.Equal(t, "urn:taskqueue:problem:idempotency-key-reused", changed.Results[5].Problem.Type)
}
