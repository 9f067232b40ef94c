// Package rest_test runs the example programs against an API with a worker.
package rest_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gocloud.dev/blob/memblob"

	"github.com/distributed-task-queue/taskqueue"
	"github.com/distributed-task-queue/taskqueue/api"
	"github.com/distributed-task-queue/taskqueue/api/auth"
	"github.com/distributed-task-queue/taskqueue/examples/csvimport"
	"github.com/distributed-task-queue/taskqueue/internal/temporaltest"
	"github.com/distributed-task-queue/taskqueue/worker"
)

func TestMain(m *testing.M) { temporaltest.Main(m) }

// required is the value of an environment variable where a missing language must fail the test instead of skipping it.
const required = "required"

func TestExamples(t *testing.T) {
	t.Parallel()
	url, key := serve(t)
	for name, c := range map[string]struct {
		needs   []string // a command that fails if the language is not there
		require string   // the environment variable
		program []string
		want    string
	}{
		"Go":     {nil, "", []string{"go", "run", "./go"}, "Completed\n  info: Running task"},
		"curl":   {[]string{"curl", "--version"}, "TEST_CURL", []string{"sh", "enqueue.sh"}, `"status":"completed"`},
		"Python": {[]string{"python3", "-c", "import sys; sys.exit(sys.version_info < (3, 10))"}, "TEST_PYTHON", []string{"python3", "enqueue.py"}, "Completed\n  info: Running task"},
		"PHP":    {[]string{"php", "-r", `exit(extension_loaded("curl") ? 0 : 1);`}, "TEST_PHP", []string{"php", "enqueue.php"}, "Completed\n  info: Running task"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if len(c.needs) > 0 {
				if out, err := exec.CommandContext(t.Context(), c.needs[0], c.needs[1:]...).CombinedOutput(); err != nil {
					if os.Getenv(c.require) != required {
						t.Skipf("%s is not there: %v\n%s", name, err, out)
					}
					require.NoError(t, err, "%s", out)
				}
			}
			out, err := run(t, url, key, c.program)
			require.NoError(t, err, out)
			require.Contains(t, out, c.want)
			require.Contains(t, out, "12042 rows read")

			out, err = run(t, url, "tq_wrong", c.program)
			require.Error(t, err)
			require.Contains(t, out, "The request does not say who it comes from")
		})
	}
}

func run(t *testing.T, url, key string, program []string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, program[0], program[1:]...)
	command.Env = append(os.Environ(), "TASKQUEUE_API_URL="+url, "TASKQUEUE_API_KEY="+key)
	out, err := command.CombinedOutput()
	return strings.ReplaceAll(string(out), "\r\n", "\n"), err
}

// late answers once for each task that there is none, as an API does until a relay has taken it.
func late(next http.Handler) http.Handler {
	var asked sync.Map
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, again := asked.LoadOrStore(r.URL.Path, true); r.Method == http.MethodGet && !again {
			r.URL.Path += "-is-to-come"
		}
		next.ServeHTTP(w, r)
	})
}

// serve runs an API and a worker until the test ends.
func serve(t *testing.T) (url, key string) {
	t.Helper()
	files := memblob.OpenBucket(nil)
	t.Cleanup(func() { require.NoError(t, files.Close()) })
	importer, err := csvimport.New(t.Context(), csvimport.Config{Database: filepath.Join(t.TempDir(), "almanac.db"), Files: files})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, importer.Close()) })
	actions := taskqueue.NewRegistry()
	require.NoError(t, importer.Register(actions))
	client, err := taskqueue.New(taskqueue.Config{
		Temporal: temporaltest.Dial(t), Actions: actions, Logger: temporaltest.Logger(t), Queues: []taskqueue.Queue{{Name: temporaltest.UniqueName(t)}},
	})
	require.NoError(t, err)
	w, err := client.NewWorker(worker.Config{Concurrency: 2})
	require.NoError(t, err)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx) }()
	t.Cleanup(func() { stop(); require.NoError(t, <-ended) })

	keys := auth.KeyFile{Path: filepath.Join(t.TempDir(), "keys.yaml")}
	key, described, err := auth.NewKey("jane", auth.Owner, time.Now(), nil)
	require.NoError(t, err)
	require.NoError(t, keys.Add(t.Context(), described))
	authenticator, err := auth.OpenKeys(keys.Path)
	require.NoError(t, err)
	server, err := api.New(api.Config{Client: client, Files: files, Authenticator: authenticator, Logger: temporaltest.Logger(t)})
	require.NoError(t, err)
	listening := httptest.NewServer(late(server.Handler()))
	t.Cleanup(listening.Close)
	return listening.URL, key
}
