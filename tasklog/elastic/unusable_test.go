package elastic

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/distributed-task-queue/taskqueue/tasklog"
)

// connectedTo returns an engine whose Elasticsearch is this handler.
func connectedTo(t *testing.T, handler http.HandlerFunc) *Engine {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	e, err := Open(t.Context(), Config{Connection: Connection{Addresses: []string{server.URL}}, NamespaceID: uuid.NewString()})
	require.NoError(t, err)
	return e
}

// OpenSearch, and a proxy that strips headers, answer well, but never as Elasticsearch does.
func TestAServerThatIsNotElasticsearchIsSaidToBeAnother(t *testing.T) {
	t.Parallel()
	e := connectedTo(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{}`))
	})
	_, err := e.Search(t.Context(), tasklog.NewFilter())
	var unusable *UnusableError
	require.ErrorAs(t, err, &unusable)
	require.Contains(t, unusable.Reason, "for OpenSearch take the engine visibility")
}

// Elasticsearch takes no query with more runs to be left out.
func TestTooManyRunsToBeLeftOut(t *testing.T) {
	t.Parallel()
	e := connectedTo(t, http.NotFound)
	pages := 0
	_, err := e.superseded(func(body object) (answer, error) {
		aggregations := body["aggs"].(object)
		name := slices.Collect(maps.Keys(aggregations))[0]
		buckets := make([]object, supersededBatch)
		for i := range buckets {
			run := fmt.Sprintf("%d-%d", pages, i)
			buckets[i] = object{"key": run}
			if _, composite := aggregations[name].(object)["composite"]; composite {
				buckets[i] = object{"key": object{"run": run}}
			}
		}
		found := object{"buckets": buckets}
		if pages++; pages <= maxSuperseded/supersededBatch {
			found["after_key"] = object{"run": "next"}
		}
		encoded, err := json.Marshal(found)
		return answer{Aggregations: map[string]json.RawMessage{name: encoded}}, err
	})
	var unusable *UnusableError
	require.ErrorAs(t, err, &unusable)
	require.Contains(t, unusable.Reason, "more than 65000 archived tasks")
}
