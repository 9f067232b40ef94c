package tasklog

import (
	"maps"
	"sync"

	"github.com/distributed-task-queue/taskqueue/task"
)

// maxFailures bounds the failures that a result names one by one.
const maxFailures = 100

// BulkResult says what a bulk operation did. Its counts are of tasks.
type BulkResult struct {
	Eligible int `json:"eligible"` // in a state for it: those changed and failed; after a dry run those that would be tried
	Changed  int `json:"changed"`
	Skipped  int `json:"skipped"` // left as they are
	Failed   int `json:"failed"`  // could not be changed, or not completely
	// Reasons are why tasks were skipped, with their counts.
	Reasons map[string]int `json:"reasons"`
	// Failures are the first of the tasks that failed, at most 100.
	Failures []BulkFailure `json:"failures"`

	refused int
}

// BulkFailure is a task that could not be changed.
type BulkFailure struct {
	ID     task.ID `json:"id"`
	Reason string  `json:"reason"`
}

// Success reports whether at least one task was changed, and every one that is not done already could be. Ids that
// are unknown, or somebody else's, do not count.
func (r BulkResult) Success() bool { return r.Changed > 0 && r.Failed == 0 && r.refused == 0 }

// tally adds up a result. It is safe for concurrent use.
type tally struct {
	progress func(BulkResult)

	mu  sync.Mutex
	sum BulkResult
}

func (t *tally) add(change func(*BulkResult)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	change(&t.sum)
	if t.progress != nil {
		t.progress(t.copy())
	}
}

func (t *tally) change() {
	t.add(func(r *BulkResult) {
		r.Eligible++
		r.Changed++
	})
}

func (t *tally) eligible(n int) { t.add(func(r *BulkResult) { r.Eligible += n }) }

func (t *tally) skip(reason string) { t.skipMany(1, 0, reason) }

// refuse notes tasks that are not eligible.
func (t *tally) refuse(n int, reason string) { t.skipMany(n, n, reason) }

func (t *tally) skipMany(n, refused int, reason string) {
	if n == 0 {
		return
	}
	t.add(func(r *BulkResult) {
		r.Skipped += n
		r.refused += refused
		if r.Reasons == nil {
			r.Reasons = map[string]int{}
		}
		r.Reasons[reason] += n
	})
}

func (t *tally) fail(id task.ID, err error) {
	t.add(func(r *BulkResult) {
		r.Eligible++
		r.Failed++
		if len(r.Failures) < maxFailures {
			r.Failures = append(r.Failures, BulkFailure{ID: id, Reason: err.Error()})
		}
	})
}

func (t *tally) result() BulkResult {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.copy()
}

// copy returns the sum, with no nil in it: its JSON has {} and []. The caller holds the lock.
func (t *tally) copy() BulkResult {
	r := t.sum
	r.Reasons = map[string]int{}
	maps.Copy(r.Reasons, t.sum.Reasons)
	r.Failures = append([]BulkFailure{}, t.sum.Failures...)
	return r
}
