package worker_test

import (
	"context"
	"encoding/json"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/worker"
)

// order registers an action that notes the order in which tasks start, by the text that is their parameter.
func (b *testBundle) order() func() []string {
	b.t.Helper()
	var mu sync.Mutex
	var started []string
	b.register("note", func(_ context.Context, p json.RawMessage) (task.Report, error) {
		var name string
		err := json.Unmarshal(p, &name)
		mu.Lock()
		defer mu.Unlock()
		started = append(started, name)
		return task.Success("noted"), err
	})
	return func() []string {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(started)
	}
}

// note enqueues a task of the action "note".
func (b *testBundle) note(name string, m task.Metadata) task.ID {
	b.t.Helper()
	m.Queue = b.queue("a")
	parameters, err := json.Marshal(name)
	require.NoError(b.t, err)
	return b.put(&task.Task{Action: "note", Parameters: parameters, Metadata: m})
}

// backlogged makes the activities of tasks wait in the queue before a worker of tasks comes: their workflows are run by a worker that
// is paused.
func (b *testBundle) backlogged(enqueue func() []task.ID) []task.ID {
	b.t.Helper()
	w, stop, wait := b.start(worker.Config{Queues: []worker.Queue{{Name: b.queue("a")}}})
	w.Pause()
	ids := enqueue()
	for _, id := range ids {
		require.Eventually(b.t, func() bool { return len(b.describe(id).GetPendingActivities()) == 1 }, patience, 10*time.Millisecond)
	}
	stop()
	require.NoError(b.t, wait())
	return ids
}

func TestPriorityComesFirstInsideAQueue(t *testing.T) {
	b := setup(t)
	started := b.order()
	ids := b.backlogged(func() (ids []task.ID) {
		for _, p := range []int{5, 4, 0, 2, 1} {
			for range 4 {
				ids = append(ids, b.note(string(rune('0'+p)), task.Metadata{Priority: p}))
			}
		}
		return ids
	})
	b.start(worker.Config{Queues: []worker.Queue{{Name: b.queue("a")}}})
	for _, id := range ids {
		_, err := b.result(id)
		require.NoError(t, err)
	}
	// A poll that was open takes what it gets, so the very first may be any.
	order := started()[1:]
	rank := map[string]int{"1": 1, "2": 2, "0": 3, "4": 4, "5": 5}
	inversions := 0
	for i := range order[1:] {
		if rank[order[i]] > rank[order[i+1]] {
			inversions++
		}
	}
	require.LessOrEqual(t, inversions, 1, "%v", order)
}

func TestOwnersTakeTurns(t *testing.T) {
	b := setup(t)
	started := b.order()
	ids := b.backlogged(func() (ids []task.ID) {
		for range 40 {
			ids = append(ids, b.note("many", task.Metadata{Owner: "many"}))
		}
		for range 5 {
			ids = append(ids, b.note("few", task.Metadata{Owner: "few"}))
		}
		return ids
	})
	b.start(worker.Config{Queues: []worker.Queue{{Name: b.queue("a")}}})
	for _, id := range ids {
		_, err := b.result(id)
		require.NoError(t, err)
	}
	order := started()
	last := len(order) - 1 - slices.Index(reversed(order), "few")
	require.Less(t, last, 20, "who enqueued few waits behind who enqueued many: %v", order)
}

func reversed(s []string) []string {
	r := slices.Clone(s)
	slices.Reverse(r)
	return r
}
