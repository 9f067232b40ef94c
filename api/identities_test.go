package api_test

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/distributed-task-queue/taskqueue"
	"github.com/distributed-task-queue/taskqueue/api"
	"github.com/distributed-task-queue/taskqueue/api/auth"
	"github.com/distributed-task-queue/taskqueue/internal/temporaltest"
)

// guarded is a running API that wants API keys.
type guarded struct {
	*bundle

	keys       auth.KeyFile
	credential map[string]string // by who has it
	ana, ben   string            // the subjects of two owners
}

// Who there is besides the two owners.
const (
	operator = "operator"
	admin    = "admin"
	expired  = "expired"
	revoked  = "revoked"
	wrong    = "wrong"
	nobody   = ""
)

func setupGuarded(t *testing.T) *guarded { t.Helper(); return setupGuardedWith(t, api.Config{}) }

func setupGuardedWith(t *testing.T, config api.Config) *guarded {
	t.Helper()
	name := temporaltest.UniqueName(t)
	g := &guarded{
		keys: auth.KeyFile{Path: filepath.Join(t.TempDir(), "keys.yaml")}, credential: map[string]string{nobody: ""}, ana: "ana-" + name, ben: "ben-" + name,
	}
	g.addKey(t, g.ana, g.ana, auth.Owner, nil)
	g.addKey(t, g.ben, g.ben, auth.Owner, nil)
	g.addKey(t, operator, "op-"+name, auth.Operator, nil)
	g.addKey(t, admin, "root-"+name, auth.Admin, nil)
	g.addKey(t, expired, g.ben, auth.Admin, new(time.Now().Add(-time.Minute)))
	_, err := g.keys.Revoke(t.Context(), g.addKey(t, revoked, g.ben, auth.Admin, nil).ID)
	require.NoError(t, err)
	right := g.credential[admin]
	g.credential[wrong] = right[:len(right)-1] + map[bool]string{true: "1", false: "0"}[strings.HasSuffix(right, "0")]

	config.Authenticator, err = auth.OpenKeys(g.keys.Path)
	require.NoError(t, err)
	if config.Limits.Burst == 0 {
		config.Limits = api.Limits{RequestsPerSecond: 100_000, Burst: 100_000}
	}
	actions := taskqueue.NewRegistry()
	require.NoError(t, taskqueue.Register(actions, runEcho))
	g.bundle = setupWith(t, taskqueue.Config{
		Temporal: temporaltest.Dial(t), Queues: []taskqueue.Queue{{Name: name}, {Name: name + "-b"}}, Actions: actions, Logger: temporaltest.Logger(t),
	}, config)
	return g
}

func (g *guarded) addKey(t *testing.T, who, subject string, role auth.Role, expires *time.Time) auth.Key {
	t.Helper()
	text, key, err := auth.NewKey(subject, role, time.Now(), expires)
	require.NoError(t, err)
	require.NoError(t, g.keys.Add(t.Context(), key))
	g.credential[who] = text
	return key
}

// as sends a request with somebody's credentials.
func (g *guarded) as(who, method, path string, body any, header ...string) answer {
	g.t.Helper()
	credential, ok := g.credential[who]
	require.True(g.t, ok, "who is %q?", who)
	if credential != "" {
		header = append(header, "Authorization", "Bearer "+credential)
	}
	return g.do(method, path, body, header...)
}

// enqueue enqueues a task as somebody.
func (g *guarded) enqueue(who string, body map[string]any) entity {
	g.t.Helper()
	return read[entity](g.t, g.as(who, http.MethodPost, "/api/v1/tasks", body), http.StatusCreated)
}

// total returns how many tasks somebody's list has.
func (g *guarded) total(who, query string) int64 {
	g.t.Helper()
	return read[list](g.t, g.as(who, http.MethodGet, "/api/v1/tasks?"+query, nil), http.StatusOK).Total
}
