package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"regexp"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/distributed-task-queue/taskqueue/internal/elastictest"
)

type taskJSON struct {
	ID, Status string
	HasFile    bool
}

// api returns the address of the REST API.
func (p *process) api(t *testing.T) string {
	t.Helper()
	found := regexp.MustCompile(`api=(\S+)`).FindStringSubmatch(p.ready)
	require.NotNil(t, found, p.ready)
	return found[1]
}

func request[T any](t *testing.T, method, url, body string, want int) T {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, bytes.NewBufferString(body))
	require.NoError(t, err)
	r.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer response.Body.Close()
	raw, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.Equal(t, want, response.StatusCode, "%s", raw)
	var answer T
	if text, ok := any(&answer).(*string); ok {
		*text = string(raw)
		return answer
	}
	require.NoError(t, json.Unmarshal(raw, &answer))
	return answer
}

func awaitStatus(t *testing.T, url, status string) taskJSON {
	t.Helper()
	var got taskJSON
	require.Eventually(t, func() bool {
		got = request[taskJSON](t, http.MethodGet, url, "", http.StatusOK)
		return got.Status == status
	}, time.Minute, 100*time.Millisecond)
	return got
}

func TestANewcomersFirstTask(t *testing.T) {
	t.Parallel()
	runFirstTask(t, "sqlite")
}

func TestANewcomersFirstTaskWithElasticsearch(t *testing.T) {
	t.Parallel()
	runFirstTask(t, "elastic", "--elasticsearch="+elastictest.New(t).URL, "--elasticsearch-index=temporal_visibility_v1_first")
}

func runFirstTask(t *testing.T, engine string, flags ...string) {
	t.Helper()
	p := startProcess(t, append(flags, "--ephemeral", "--temporal-port=0", "--ui-port=0", "--api-port=0")...)
	url := p.api(t)
	ui := request[string](t, http.MethodGet, regexp.MustCompile(`ui=(\S+)`).FindStringSubmatch(p.ready)[1]+"/api/v1/settings", "", http.StatusOK)
	require.Contains(t, ui, `"DefaultNamespace":"default"`)
	request[taskJSON](t, http.MethodPost, url+"/api/v1/tasks",
		`{"id":"first","action":"csv.import","parameters":{"sample":true},"label":"Import the sample"}`, http.StatusCreated)
	done := awaitStatus(t, url+"/api/v1/tasks/first", "completed")
	require.True(t, done.HasFile)
	file := request[string](t, http.MethodGet, url+"/api/v1/tasks/first/file", "", http.StatusOK)
	require.Contains(t, file, "line,reason,row\n")

	require.Eventually(t, func() bool {
		list := request[struct{ Total int }](t, http.MethodGet, url+"/api/v1/tasks?status=completed", "", http.StatusOK)
		return list.Total == 1
	}, 2*time.Minute, 50*time.Millisecond)

	type info struct {
		Engine        string
		ReachesBackTo *time.Time
		Index         struct{ Up *bool }
	}
	var log info
	require.Eventually(t, func() bool {
		log = request[info](t, http.MethodGet, url+"/api/v1/log", "", http.StatusOK)
		return log.Index.Up != nil
	}, 2*time.Minute, 50*time.Millisecond)
	require.True(t, *log.Index.Up)
	require.Equal(t, engine, log.Engine)
	require.NotNil(t, log.ReachesBackTo)
	metrics := request[string](t, http.MethodGet, url+"/metrics", "", http.StatusOK)
	for _, line := range []string{"taskqueue_log_index_up 1", "taskqueue_log_removed_total 0", "taskqueue_worker_running{"} {
		require.Contains(t, metrics, "\n"+line)
	}
	requireDocumented(t, metrics)
	require.NoError(t, p.end(t, syscall.SIGTERM))
}

func TestTasksSurviveAKill(t *testing.T) {
	t.Parallel()
	args := []string{"--temporal-port=0", "--ui-port=0", "--api-port=0", "--data-dir=" + filepath.Join(t.TempDir(), "data")}
	killed := startProcess(t, args...)
	const tasks = 5
	for i := range tasks {
		request[taskJSON](t, http.MethodPost, killed.api(t)+"/api/v1/tasks",
			fmt.Sprintf(`{"id":"t%d","action":"csv.import","parameters":{"sample":true},"delay":"15s"}`, i), http.StatusCreated)
	}
	require.Error(t, killed.end(t, syscall.SIGKILL))

	p := startProcess(t, args...)
	for i := range tasks {
		awaitStatus(t, p.api(t)+"/api/v1/tasks/t"+strconv.Itoa(i), "completed")
	}
}

func TestATakenAPIPortIsNamed(t *testing.T) {
	t.Parallel()
	var config net.ListenConfig
	taken, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer taken.Close()
	port := strconv.Itoa(taken.Addr().(*net.TCPAddr).Port)
	output, err := command("--ephemeral", "--temporal-port=0", "--ui-port=0", "--api-port="+port).CombinedOutput()
	require.Error(t, err)
	require.Contains(t, string(output), "API port "+port)
	require.Contains(t, string(output), "--api-port")
}
