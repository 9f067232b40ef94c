package crashtest

import (
	"context"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/tasklog"
	"github.com/distributed-task-queue/taskqueue/tasklog/sqlite"
)

// lists looks at the lists of all tasks all the time.
type lists struct {
	cancel  context.CancelFunc
	running sync.WaitGroup
	looks   int
}

// watchLists begins to look, and fails the test if an answer does not have each task exactly once.
func watchLists(t *testing.T, engine tasklog.Engine, ids []task.ID) *lists {
	t.Helper()
	want := slices.Sorted(slices.Values(ids))
	ctx, cancel := context.WithCancel(t.Context())
	l := &lists{cancel: cancel}
	t.Cleanup(func() { l.stop() })
	l.running.Go(func() {
		for ; ctx.Err() == nil; l.looks++ {
			page, err := engine.Search(ctx, tasklog.NewFilter().SortBy(tasklog.ID))
			if ctx.Err() != nil {
				return
			}
			if err != nil {
				t.Errorf("look %d: %v", l.looks, err)
				return
			}
			got := make([]task.ID, len(page.Tasks))
			for i, e := range page.Tasks {
				got[i] = e.ID
			}
			if !slices.Equal(want, got) {
				missing, twice := difference(want, got)
				t.Errorf("look %d: of %d tasks, these are missing: %v; these are there more than once: %v", l.looks, len(want), missing, twice)
				return
			}
			time.Sleep(20 * time.Millisecond) // it shares the machine with what it looks at
		}
	})
	return l
}

// index reads the index of a server that keeps it in SQLite.
func (s *server) index(t *testing.T) tasklog.Engine {
	t.Helper()
	engine, err := sqlite.Open(t.Context(), sqlite.Config{Client: s.temporal, Path: filepath.Join(s.dataDir, "visibility.db")})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, engine.Close()) })
	return engine
}

// stop returns how often it has looked.
func (l *lists) stop() int {
	l.cancel()
	l.running.Wait()
	return l.looks
}

// difference compares sorted ids.
func difference(want, got []task.ID) (missing, twice []task.ID) {
	for _, id := range want {
		if _, found := slices.BinarySearch(got, id); !found {
			missing = append(missing, id)
		}
	}
	for i := 1; i < len(got); i++ {
		if got[i] == got[i-1] {
			twice = append(twice, got[i])
		}
	}
	return missing, twice
}
