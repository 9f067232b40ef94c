package embedded

import (
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"

	"github.com/distributed-task-queue/taskqueue/internal/elastictest"
)

// ask sends a request to Elasticsearch and decodes the answer.
func ask[T any](t *testing.T, method, url, body string) T {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	require.NoError(t, err)
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	var answer T
	require.NoError(t, json.NewDecoder(response.Body).Decode(&answer))
	require.Equal(t, http.StatusOK, response.StatusCode, "%v", answer)
	return answer
}

type searched struct {
	Hits struct {
		Hits []struct {
			Source map[string]any `json:"_source"`
		}
	}
}

func TestVisibilityInElasticsearch(t *testing.T) {
	t.Parallel()
	elasticsearch := elastictest.New(t)
	for name, test := range map[string]func(*testing.T, *elastictest.Server){
		"search attributes are fields from the start":        testElasticsearchFields,
		"a restart keeps data and adds attributes":           testElasticsearchRestart,
		"its certificate is checked":                         testElasticsearchCertificate,
		"an attribute of another type is refused":            testElasticsearchOtherType,
		"a data directory stays with its visibility records": testElasticsearchDataDir,
	} {
		t.Run(name, func(t *testing.T) { test(t, elasticsearch) })
	}
	// Last, since it stops the server of all.
	t.Run("nothing is missing after an outage", func(t *testing.T) { testElasticsearchOutage(t, elasticsearch) })
}

func testElasticsearchFields(t *testing.T, elasticsearch *elastictest.Server) {
	const index = "temporal_visibility_v1_fields"
	server := start(t, Config{
		Namespace: "tasks", SearchAttributes: testAttributes, Elasticsearch: &Elasticsearch{URL: elasticsearch.URL, Index: index},
	})
	c := dial(t, server)
	serve(t, c)
	registered, err := c.OperatorService().ListSearchAttributes(t.Context(), &operatorservice.ListSearchAttributesRequest{Namespace: "tasks"})
	require.NoError(t, err)
	for name, kind := range testAttributes {
		require.Equal(t, kind, registered.GetCustomAttributes()[name], name)
	}

	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	run := launch(t, c, "green", colour.ValueSet("green"), words.ValueSet("a small frog"),
		labels.ValueSet([]string{"wet", "cold"}), due.ValueSet(at))
	launched := time.Now()
	launch(t, c, "bare")
	requireList(t, c, `Colour = "green"`, "green")
	t.Logf("found after %s", time.Since(launched))
	requireList(t, c, `Colour IS NULL`, "bare")
	requireList(t, c, `Words = "frog"`, "green")
	requireList(t, c, `Labels IN ("cold", "hot")`, "green")
	requireList(t, c, `Due BETWEEN "2026-01-02T03:04:00Z" AND "2026-01-02T03:05:00Z"`, "green")
	for _, text := range []string{"a large toad", ""} {
		require.NoError(t, c.SignalWorkflow(t.Context(), "green", "", "words", text))
	}
	require.NoError(t, run.Get(t.Context(), nil))
	requireList(t, c, `ExecutionStatus = "Completed" AND Words = "toad"`, "green")

	found := ask[searched](t, http.MethodPost, elasticsearch.URL+"/"+index+"/_search",
		`{"query": {"bool": {"filter": [{"term": {"Colour": "green"}}, {"match": {"Words": "toad"}}, {"term": {"Labels": "cold"}},
			{"range": {"Due": {"gte": "2026-01-02T03:04:05Z", "lte": "2026-01-02T03:04:05Z"}}}]}}, "sort": [{"StartTime": "desc"}]}`)
	require.Len(t, found.Hits.Hits, 1)
	require.Equal(t, "green", found.Hits.Hits[0].Source["WorkflowId"])
	require.NoFileExists(t, server.VisibilityPath())
}

func testElasticsearchRestart(t *testing.T, elasticsearch *elastictest.Server) {
	config := Config{
		DataDir:          t.TempDir(),
		UIPort:           NoUI,
		SearchAttributes: map[string]enumspb.IndexedValueType{colour.GetName(): colour.GetValueType()},
		Elasticsearch:    &Elasticsearch{URL: elasticsearch.URL, Index: "temporal_visibility_v1_restart"},
	}
	func() {
		server, err := Start(t.Context(), config)
		require.NoError(t, err)
		defer func() { require.NoError(t, server.Stop()) }()
		launch(t, dial(t, server), "before", colour.ValueSet("blue"))
	}()
	config.SearchAttributes = testAttributes
	c := dial(t, start(t, config))
	launch(t, c, "after", colour.ValueSet("blue"), labels.ValueSet([]string{"new"}))
	requireList(t, c, `Colour = "blue"`, "before", "after")
	requireList(t, c, `Labels = "new"`, "after")
}

func testElasticsearchOtherType(t *testing.T, elasticsearch *elastictest.Server) {
	config := Config{
		DataDir: t.TempDir(), UIPort: NoUI, SearchAttributes: testAttributes,
		Elasticsearch: &Elasticsearch{URL: elasticsearch.URL, Index: "temporal_visibility_v1_type"},
	}
	server, err := Start(t.Context(), config)
	require.NoError(t, err)
	require.NoError(t, server.Stop())

	config.SearchAttributes = map[string]enumspb.IndexedValueType{"Labels": enumspb.INDEXED_VALUE_TYPE_KEYWORD} // of the same type in the index
	_, err = Start(t.Context(), config)
	require.ErrorContains(t, err, `search attribute "Labels" has type KeywordList, want Keyword`)
	config.DataDir = t.TempDir()
	config.SearchAttributes = map[string]enumspb.IndexedValueType{"Labels": enumspb.INDEXED_VALUE_TYPE_INT}
	_, err = Start(t.Context(), config)
	require.ErrorContains(t, err, `set up Elasticsearch: index "temporal_visibility_v1_type"`)
	require.ErrorContains(t, err, "Labels")
}

func testElasticsearchDataDir(t *testing.T, elasticsearch *elastictest.Server) {
	for _, first := range []*Elasticsearch{nil, {URL: elasticsearch.URL}} {
		config := Config{DataDir: t.TempDir(), UIPort: NoUI, Elasticsearch: first}
		server, err := Start(t.Context(), config)
		require.NoError(t, err)
		require.NoError(t, server.Stop())
		if first == nil {
			config.Elasticsearch = &Elasticsearch{URL: elasticsearch.URL}
			_, err = Start(t.Context(), config)
			require.ErrorContains(t, err, "keeps its visibility records in SQLite")
		} else {
			config.Elasticsearch = nil
			_, err = Start(t.Context(), config)
			require.ErrorContains(t, err, "keeps its visibility records in Elasticsearch")
		}
	}
}

func testElasticsearchOutage(t *testing.T, elasticsearch *elastictest.Server) {
	if !elasticsearch.Owned() {
		t.Skip(elastictest.ErrNotOwned)
	}
	c := dial(t, start(t, Config{
		SearchAttributes: testAttributes, Elasticsearch: &Elasticsearch{URL: elasticsearch.URL, Index: "temporal_visibility_v1_outage"},
	}))
	var ids []string
	add := func(count int) {
		for range count {
			id := fmt.Sprintf("outage-%d", len(ids))
			launch(t, c, id, colour.ValueSet("grey"))
			ids = append(ids, id)
		}
	}
	add(10)
	require.NoError(t, elasticsearch.Stop())
	add(40)
	require.NoError(t, elasticsearch.Restart(t.Context()))
	restarted := time.Now()
	add(10)
	requireList(t, c, `Colour = "grey"`, slices.Clone(ids)...)
	t.Logf("complete after %s", time.Since(restarted))
}

func TestStartRefusesBadElasticsearch(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]string{
		"localhost:9200":                     `invalid Elasticsearch URL "localhost:9200": want http://[USER:PASSWORD@]HOST:PORT`,
		"http:///path":                       `invalid Elasticsearch URL "http:///path"`,
		"ftp://user:secret@localhost":        "invalid Elasticsearch URL with a user: want http",
		"http://user:secret@localhost:port/": "invalid Elasticsearch URL with a user: want http",
		"user:secret@localhost":              "invalid Elasticsearch URL with a user: want http",
		"http://user:secret@127.0.0.1:1":     `set up Elasticsearch: the task log's index "temporal_visibility_v1" at http://127.0.0.1:1 is not available`,
	} {
		_, err := Start(t.Context(), Config{UIPort: NoUI, Elasticsearch: &Elasticsearch{URL: url}})
		require.ErrorContains(t, err, want)
		require.NotContains(t, err.Error(), "secret")
	}
}

// The server of the tests has no TLS of its own, so a proxy has it.
func testElasticsearchCertificate(t *testing.T, elasticsearch *elastictest.Server) {
	target, err := url.Parse(elasticsearch.URL)
	require.NoError(t, err)
	secured := httptest.NewTLSServer(httputil.NewSingleHostReverseProxy(target))
	t.Cleanup(secured.Close)
	file := filepath.Join(t.TempDir(), "ca.pem")
	block := &pem.Block{Type: "CERTIFICATE", Bytes: secured.Certificate().Raw}
	require.NoError(t, os.WriteFile(file, pem.EncodeToMemory(block), 0o600))

	config := Config{Elasticsearch: &Elasticsearch{URL: secured.URL, Index: "temporal_visibility_v1_certificate"}, UIPort: NoUI}
	_, err = Start(t.Context(), config)
	require.ErrorContains(t, err, "certificate")

	config.Elasticsearch.CAFile = file
	c := dial(t, start(t, config))
	serve(t, c)
	launch(t, c, "trusted")
	requireList(t, c, `WorkflowId = "trusted"`, "trusted")
}
