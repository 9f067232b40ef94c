package sqlite_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/distributed-task-queue/taskqueue/internal/temporaltest"
	"github.com/distributed-task-queue/taskqueue/tasklog/sqlite"
	"github.com/distributed-task-queue/taskqueue/tasklog/tasklogtest"
)

func TestMain(m *testing.M) { temporaltest.Main(m) }

func TestConformance(t *testing.T) {
	t.Parallel()
	tasklogtest.Exercise(t, func(t *testing.T) tasklogtest.Harness {
		c := temporaltest.Dial(t)
		engine, err := sqlite.Open(t.Context(), sqlite.Config{
			Client: c, Namespace: temporaltest.Namespace, Path: filepath.Join(temporaltest.Server().DataDir, "visibility.db"),
		})
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, engine.Close()) })
		return tasklogtest.Harness{Client: c, Engine: engine}
	})
}
