// Package tasklogtest holds the task log's engines to one behaviour.
//
// Exercise seeds tasks through a real Temporal server, waits until the engine shows them, and compares
// what the engine finds with an oracle, which knows what was seeded and is written without any of the
// task log's own code for filters.
package tasklogtest

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/distributed-task-queue/taskqueue/internal/temporaltest"
	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/tasklog"
)

// Harness is an engine under test, and the server whose tasks it finds.
type Harness struct {
	Client client.Client
	Engine tasklog.Engine
	// Sample asks only one in so many of the questions that go through every column, operator and value, for an engine that is slow.
	// Default: all.
	Sample int
}

// asks reports whether the i-th of such questions is asked.
func (h Harness) asks(i int) bool { return i%max(h.Sample, 1) == 0 }

// indexTimeout is how long the index may take to show what was seeded.
const indexTimeout = 60 * time.Second

// Exercise runs the suite. The server may hold other tasks and may be used by other tests.
func Exercise(t *testing.T, setup func(t *testing.T) Harness) {
	b := &bench{Harness: setup(t)}
	seeded := seed(t, b.Client, temporaltest.UniqueName(t))
	b.queues, b.records = seeded.queues, seeded.records
	b.awaitIndex(t)

	// The workers of the seed stop when t ends, so the tests are run to their end within it.
	t.Run("suite", func(t *testing.T) {
		t.Run("Entities", b.testEntities)
		t.Run("Operators", b.testOperators)
		t.Run("Cases", b.testCases)
		t.Run("Sorting", b.testSorting)
		t.Run("Paging", b.testPaging)
		t.Run("Cursors", b.testCursors)
		t.Run("Totals", b.testTotals)
		t.Run("WrongCursors", b.testWrongCursors)
		t.Run("Text", b.testText)
		t.Run("HostileText", b.testHostileText)
		t.Run("Groups", b.testGroups)
		t.Run("Grouping", b.testGrouping)
		t.Run("Presets", b.testPresets)
		t.Run("Deselect", b.testDeselect)
		t.Run("Stats", b.testStats)
		t.Run("Hostile", b.testHostile)
		t.Run("Errors", b.testErrors)
		t.Run("RandomFilters", b.testRandomFilters)
		t.Run("Superseded", b.testSuperseded)
		t.Run("Archiving", b.testArchiving)
	})
}

// bench is a seeded server.
type bench struct {
	Harness

	queues  []string
	records []record
}

// filter returns a filter on what this test has seeded.
func (b *bench) filter() *tasklog.Filter { return tasklog.NewFilter().In(tasklog.Queue, b.queues) }

// awaitIndex returns when the index shows every task with its last status.
func (b *bench) awaitIndex(t *testing.T) {
	t.Helper()
	want := map[task.ID]task.Status{}
	for _, r := range b.records {
		want[r.id()] = task.Status(r[tasklog.Status].(string))
	}
	var (
		got map[task.ID]task.Status
		err error
	)
	defer func() {
		if t.Failed() {
			t.Logf("the index shows %v\nerror: %v", got, err)
		}
	}()
	require.Eventually(t, func() bool {
		var page tasklog.Page
		if page, err = b.Engine.Search(t.Context(), b.filter()); err != nil {
			return false
		}
		found := page.Tasks
		got = map[task.ID]task.Status{}
		for _, e := range found {
			got[e.ID] = e.Status
		}
		return equalMaps(got, want) && b.settled(found)
	}, indexTimeout, 100*time.Millisecond, "want %v", want)
}

// settled reports whether the tasks show their last report and time too; those are written with the
// status by a workflow, but a task that stays open shows its status first when it has none to change.
func (b *bench) settled(found tasklog.Collection) bool {
	for _, e := range found {
		for _, r := range b.records {
			if r.id() == e.ID && !e.UpdatedAt.Equal(r.time(tasklog.UpdatedAt)) {
				return false
			}
		}
	}
	return true
}

func equalMaps(a, b map[task.ID]task.Status) bool {
	if len(a) != len(b) {
		return false
	}
	for id, status := range a {
		if b[id] != status {
			return false
		}
	}
	return true
}

// search returns the ids of what the engine finds.
func (b *bench) search(t *testing.T, f *tasklog.Filter) []task.ID {
	t.Helper()
	page, err := b.Engine.Search(t.Context(), f)
	require.NoError(t, err)
	return idsOf(page.Tasks)
}

func idsOf(found tasklog.Collection) []task.ID {
	ids := make([]task.ID, len(found))
	for i, e := range found {
		ids[i] = e.ID
	}
	return ids
}

func (b *bench) count(t *testing.T, f *tasklog.Filter) int64 {
	t.Helper()
	n, err := b.Engine.Count(t.Context(), f)
	require.NoError(t, err)
	return n
}

// terminate ends what the seed leaves open.
func terminate(c client.Client, id string) error {
	return c.TerminateWorkflow(context.Background(), id, "", "the test is over")
}
