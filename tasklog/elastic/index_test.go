package elastic_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/distributed-task-queue/taskqueue/tasklog/elastic"
)

// request sends a request to Elasticsearch itself.
func request(t *testing.T, method, path, body string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, connection().Addresses[0]+path, strings.NewReader(body))
	require.NoError(t, err)
	r.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.Less(t, response.StatusCode, 300, "%s %s: %s", method, path, answer)
}

// newIndex makes an index of the test's own.
func newIndex(t *testing.T) elastic.Connection {
	t.Helper()
	c := connection()
	c.Index = "own-" + uuid.NewString()[:8]
	require.NoError(t, elastic.SetUp(t.Context(), c, nil, func(string) {}))
	t.Cleanup(func() {
		es, err := http.NewRequest(http.MethodDelete, c.Addresses[0]+"/"+c.Index, nil)
		require.NoError(t, err)
		response, err := http.DefaultClient.Do(es)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
	})
	return c
}

const namespaceID = "3f1c1b6c-5f0a-4c8f-9d7e-000000000000"

// openOwn returns an engine for an index that no Temporal server writes.
func openOwn(t *testing.T, c elastic.Connection) *elastic.Engine {
	t.Helper()
	engine, err := elastic.Open(t.Context(), elastic.Config{Connection: c, NamespaceID: namespaceID})
	require.NoError(t, err)
	return engine
}

// documents are written to an index in one request.
type documents struct{ lines bytes.Buffer }

// add adds a run of a task, with these fields beside those that every run has.
func (d *documents) add(t *testing.T, run string, fields map[string]any) {
	t.Helper()
	all := map[string]any{"NamespaceId": namespaceID, "WorkflowType": "Task", "RunId": run, "ExecutionStatus": "Completed", "TaskStatus": "completed"}
	maps.Copy(all, fields)
	encoder := json.NewEncoder(&d.lines)
	require.NoError(t, encoder.Encode(map[string]any{"index": map[string]any{"_id": run}}))
	require.NoError(t, encoder.Encode(all))
}

func (d *documents) write(t *testing.T, c elastic.Connection) {
	t.Helper()
	request(t, http.MethodPost, "/"+c.Index+"/_bulk?refresh=true", d.lines.String())
}

// fill writes n completed tasks, a second apart, as Temporal writes them.
func fill(t *testing.T, c elastic.Connection, n int) {
	t.Helper()
	var tasks documents
	for i := range n {
		created := time.Date(2026, 1, 1, 0, 0, i, 0, time.UTC)
		id := fmt.Sprintf("task-%05d", i)
		tasks.add(t, "run-"+id, map[string]any{
			"WorkflowId": id, "StartTime": created, "TaskQueue": "default", "TaskName": "csv.import", "TaskLabel": fmt.Sprintf("Label %d", i%7),
			"TaskCreatedAt": created, "TaskOwner": fmt.Sprintf("user-%d", i%3),
		})
	}
	tasks.write(t, c)
}
