package worker

import (
	"slices"
	"sync"
	"time"

	"go.temporal.io/sdk/workflow"
)

// recordedWithin is how long it takes at most, with workers alive, until the end of a task is recorded.
const recordedWithin = 2 * time.Second

// recent remembers which tasks have just ended. The zero value is ready.
type recent struct {
	mu    sync.Mutex
	tasks []endedTask // oldest first
}

type endedTask struct {
	workflow.Execution
	at time.Time
}

func (r *recent) add(e workflow.Execution) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	old := slices.IndexFunc(r.tasks, func(t endedTask) bool { return now.Sub(t.at) < recordedWithin })
	if old < 0 {
		old = len(r.tasks)
	}
	r.tasks = append(r.tasks[old:], endedTask{e, now})
}

func (r *recent) all() []endedTask {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.tasks)
}
