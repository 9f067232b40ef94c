package temporaltest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/uuid"

	"github.com/distributed-task-queue/taskqueue/internal/elastictest"
)

// Elasticsearch is a server with the visibility records of the Temporal server.
type Elasticsearch struct {
	*elastictest.Server

	Index string
}

// MainWithElasticsearch runs the package's tests with a server that keeps its visibility records in Elasticsearch. Call it in
// TestMain. It runs no test if there is no Elasticsearch to be had and the environment variable TEST_ELASTICSEARCH is not
// "required".
func MainWithElasticsearch(m *testing.M) {
	os.Exit(inDirectory(func(dir string) (int, error) {
		elasticsearch, err := startElasticsearch(filepath.Join(dir, "elasticsearch"))
		if elastictest.Skips(err) {
			fmt.Fprintln(os.Stderr, "all tests of this package are skipped:", err)
			return 0, nil
		}
		if err != nil {
			return 0, err
		}
		status, err := run(m, dir, elasticsearch)
		return status, errors.Join(err, elasticsearch.close())
	}))
}

func startElasticsearch(dir string) (*Elasticsearch, error) {
	if err := os.Mkdir(dir, 0o750); err != nil {
		return nil, err
	}
	started, err := elastictest.Start(context.Background(), dir)
	if err != nil {
		return nil, err
	}
	// A server that is not started here may have indices of other tests.
	return &Elasticsearch{Server: started, Index: "temporal_visibility_v1_test_" + uuid.NewString()[:8]}, nil
}

func (e *Elasticsearch) flags() []string {
	if e == nil {
		return nil
	}
	return []string{"--elasticsearch=" + e.URL, "--elasticsearch-index=" + e.Index}
}

// close leaves nothing behind, also in a server that is not started here.
func (e *Elasticsearch) close() error {
	if e.Owned() {
		return e.Close()
	}
	request, err := http.NewRequestWithContext(context.Background(), http.MethodDelete, e.URL+"/"+e.Index, nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("delete the index %s: %w", e.Index, err)
	}
	return response.Body.Close()
}
