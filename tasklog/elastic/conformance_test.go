package elastic_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/distributed-task-queue/taskqueue/internal/temporaltest"
	"github.com/distributed-task-queue/taskqueue/tasklog/elastic"
	"github.com/distributed-task-queue/taskqueue/tasklog/tasklogtest"
	"github.com/distributed-task-queue/taskqueue/tasklog/visibility"
)

func TestMain(m *testing.M) { temporaltest.MainWithElasticsearch(m) }

// connection is where the server keeps its visibility.
func connection() elastic.Connection {
	es := temporaltest.Server().Elasticsearch
	return elastic.Connection{Addresses: []string{es.URL}, Index: es.Index}
}

func open(t *testing.T) *elastic.Engine {
	t.Helper()
	engine, err := elastic.Open(t.Context(), elastic.Config{
		Connection: connection(), Client: temporaltest.Dial(t), Namespace: temporaltest.Namespace,
	})
	require.NoError(t, err)
	return engine
}

func TestConformance(t *testing.T) {
	t.Parallel()
	tasklogtest.Exercise(t, func(t *testing.T) tasklogtest.Harness {
		return tasklogtest.Harness{Client: temporaltest.Dial(t), Engine: open(t)}
	})
}

// Temporal's own API on this store is the third engine's. Stores differ in what they make of a query, so a part of the suite is run here too.
func TestTheListAPIConforms(t *testing.T) {
	t.Parallel()
	tasklogtest.Exercise(t, func(t *testing.T) tasklogtest.Harness {
		c := temporaltest.Dial(t)
		return tasklogtest.Harness{
			Client: c, Engine: visibility.New(visibility.Config{Client: c, Namespace: temporaltest.Namespace}), Sample: 20,
		}
	})
}
