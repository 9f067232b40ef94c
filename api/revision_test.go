package api_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRevision(t *testing.T) {
	t.Parallel()
	b := setup(t)
	a := b.do(http.MethodPost, "/api/v1/tasks", map[string]any{"action": "echo", "label": "x", "delay": "1h"})
	id := read[entity](t, a, created).ID
	path := "/api/v1/tasks/" + id
	first := a.Header.Get("ETag")
	require.NotEmpty(t, first)
	require.Equal(t, first, b.do(http.MethodGet, path, nil).Header.Get("ETag"), "of the task as it was enqueued")

	for header, known := range map[string]bool{
		first: true, "W/" + first: true, `"other", ` + first: true, "*": true, `"other"`: false, `nonsense`: false,
	} {
		a := b.do(http.MethodGet, path, nil, "If-None-Match", header)
		require.Equal(t, map[bool]int{true: http.StatusNotModified, false: http.StatusOK}[known], a.StatusCode, header)
		require.Equal(t, first, a.Header.Get("ETag"))
		require.Equal(t, known, len(a.body) == 0)
	}

	for _, verb := range []string{"cancel", "archive", "rerun"} {
		for _, stale := range []string{`"other"`, "W/" + first} {
			a := b.do(http.MethodPost, path+"/"+verb, nil, "If-Match", stale)
			p := readProblem(t, a, http.StatusPreconditionFailed)
			require.Equal(t, "If-Match", p.Field)
			require.Contains(t, p.Detail, "it is enqueued")
			require.Equal(t, first, a.Header.Get("ETag"), "the client can tell what has become of it")
		}
		readProblem(t, b.do(http.MethodPost, "/api/v1/tasks/nobody/"+verb, nil, "If-Match", first), http.StatusNotFound)
	}
	cancelled := b.do(http.MethodPost, path+"/cancel", nil, "If-Match", first)
	require.True(t, read[controlled](t, cancelled, ok).Changed)
	second := cancelled.Header.Get("ETag")
	require.NotEqual(t, first, second)
	require.Equal(t, second, b.do(http.MethodGet, path, nil).Header.Get("ETag"))
	require.Equal(t, ok, b.do(http.MethodGet, path, nil, "If-None-Match", first).StatusCode)
	readProblem(t, b.do(http.MethodPost, path+"/archive", nil, "If-Match", first), http.StatusPreconditionFailed)
	archived := b.do(http.MethodPost, path+"/archive", nil, "If-Match", `"x", `+second)
	require.True(t, read[controlled](t, archived, ok).Changed)
	require.NotEqual(t, second, archived.Header.Get("ETag"))
	again := b.do(http.MethodPost, path+"/rerun", nil, "If-Match", "*", idempotencyKey, id)
	require.Equal(t, read[entity](t, again, created).ID, read[entity](t, b.do(http.MethodPost, path+"/rerun", nil, idempotencyKey, id), created).ID)
}
