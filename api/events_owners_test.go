package api_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/distributed-task-queue/taskqueue"
	"github.com/distributed-task-queue/taskqueue/api"
	"github.com/distributed-task-queue/taskqueue/api/auth"
	"github.com/distributed-task-queue/taskqueue/internal/temporaltest"
)

// followAs opens a stream with somebody's credentials.
func (g *guarded) followAs(who, path string) *stream {
	g.t.Helper()
	if who == nobody {
		return g.follow(path)
	}
	return g.follow(path, "Authorization", "Bearer "+g.credential[who])
}

// until reads a list's events until one has a task with this id, and returns all tasks and the totals that were told.
func (s *stream) until(id string) (told []entity, totals []int64) {
	s.t.Helper()
	for {
		c, _ := s.change()
		told, totals = append(told, c.Tasks...), append(totals, c.Total)
		for _, e := range c.Tasks {
			if e.ID == id {
				return told, totals
			}
		}
	}
}

// ana and ben follow the same lists at the same time; each must hear of their own tasks only.
func TestStreamsTellOwnersOfTheirOwnTasksOnly(t *testing.T) {
	t.Parallel()
	g := setupGuarded(t)
	queries := []string{"", "?queue=" + g.queue, "?status=enqueued", "?owner=" + g.ben, "?owner=" + g.ana + "&owner=" + g.ben}
	of := map[string][]*stream{}
	for _, query := range queries {
		for _, who := range []string{g.ben, g.ana} { // ben is first, so what he polls must not be shared
			s := g.followAs(who, "/api/v1/events"+query)
			first, _ := s.change()
			require.Zero(t, first.Total, "%s %s", who, query)
			of[who] = append(of[who], s)
		}
	}
	all := g.followAs(operator, "/api/v1/events?queue="+g.queue)
	all.change()

	his := g.enqueue(g.ben, map[string]any{"action": "echo", "label": "ben's", "delay": "1h"})
	for i, s := range of[g.ben] {
		told, _ := s.until(his.ID)
		require.Len(t, told, 1, queries[i])
	}
	hers := g.enqueue(g.ana, map[string]any{"action": "echo", "label": "ana's", "delay": "1h"})
	for i, s := range of[g.ana] {
		if queries[i] == "?owner="+g.ben {
			continue // nothing can come
		}
		told, totals := s.until(hers.ID)
		require.Len(t, told, 1, "%s: %+v", queries[i], told)
		require.Equal(t, []int64{1}, totals, queries[i])
	}
	both, _ := all.until(hers.ID)
	require.Len(t, both, 2)
	nothing, _ := g.followAs(g.ana, "/api/v1/events?owner="+g.ben).change()
	require.Zero(t, nothing.Total, "ben polls the same list, in which there is a task")

	for _, id := range []string{his.ID, "no-such-task"} {
		a := g.as(g.ana, http.MethodGet, "/api/v1/tasks/"+id+"/events", nil)
		require.Contains(t, readProblem(t, a, http.StatusNotFound).Detail, id)
	}
	for _, who := range []string{g.ana, operator} { // also when others follow the task already
		e, ok := g.followAs(who, "/api/v1/tasks/"+hers.ID+"/events").next()
		require.True(t, ok)
		require.Contains(t, e.data, hers.ID)
	}
	readProblem(t, g.as(g.ben, http.MethodGet, "/api/v1/tasks/"+hers.ID+"/events", nil), http.StatusNotFound)
	readProblem(t, g.as(g.ana, http.MethodGet, "/api/v1/events?available="+g.ben, nil), http.StatusForbidden)
}

func TestARevokedKeyEndsItsStreams(t *testing.T) {
	t.Parallel()
	g := setupGuarded(t)
	key := g.addKey(t, "late", g.ana, auth.Owner, nil)
	s := g.followAs("late", "/api/v1/events")
	s.change()
	_, err := g.keys.Revoke(t.Context(), key.ID)
	require.NoError(t, err)
	g.enqueue(g.ana, map[string]any{"action": "echo", "delay": "1h"})
	_, more := s.next()
	require.False(t, more, "it ends, and tells nothing more")
	require.NoError(t, s.lines.Err())
}

func TestARevokedKeyBeginsNoStream(t *testing.T) {
	t.Parallel()
	g := setupGuarded(t)
	key := g.addKey(t, "late", g.ana, auth.Owner, nil)
	authenticator, err := auth.OpenKeys(g.keys.Path)
	require.NoError(t, err)
	temporal := temporaltest.Dial(t)
	engine := newSilent(t, temporal)
	b := setupWith(t, taskqueue.Config{Temporal: temporal, TaskLog: engine, Logger: temporaltest.Logger(t)}, api.Config{Authenticator: authenticator})
	revoked := make(chan error, 1)
	go func() {
		<-engine.asked
		_, err := g.keys.Revoke(t.Context(), key.ID)
		revoked <- err
		close(engine.answer)
	}()
	a := b.do(http.MethodGet, "/api/v1/events", nil, "Authorization", "Bearer "+g.credential["late"])
	readProblem(t, a, http.StatusUnauthorized)
	require.Contains(t, a.Header.Get("WWW-Authenticate"), "invalid_token")
	require.NoError(t, <-revoked)
}

func TestNobodyHasAllStreams(t *testing.T) {
	t.Parallel()
	g := setupGuardedWith(t, api.Config{MaxStreams: 8})
	path := "/api/v1/events"
	for range 2 {
		s := g.followAs(g.ana, path)
		s.change()
	}
	refused := g.as(g.ana, http.MethodGet, path, nil)
	require.Contains(t, readProblem(t, refused, http.StatusTooManyRequests).Detail, "2 event streams are open for")
	require.NotEmpty(t, refused.Header.Get("Retry-After"))
	require.Equal(t, http.StatusOK, g.followAs(g.ben, path).response.StatusCode)
}

// peek opens a stream, and answers with its beginning.
func (g *guarded) peek(who, path string) answer {
	g.t.Helper()
	s := g.followAs(who, path)
	defer s.close()
	if s.response.StatusCode == http.StatusOK {
		e, ok := s.next()
		require.True(g.t, ok)
		return answer{Response: s.response, body: []byte(e.data)}
	}
	body, err := io.ReadAll(s.response.Body)
	require.NoError(g.t, err)
	return answer{Response: s.response, body: body}
}

// isStream reports whether the operation answers with events for as long as somebody listens.
func isStream(r api.Route) bool { return strings.HasSuffix(r.Path, "/events") }
