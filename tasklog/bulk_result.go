package tasklog

import (
	"maps"
	"sync"

	"github.com/distributed-task-queue/taskqueue/task"
)

// maxListed bounds the tasks that each list of a result names one by one.
const maxListed = 100

// BulkResult says what a bulk operation did. Its counts are of tasks.
type BulkResult struct {
	Eligible int `json:"eligible"` // in a state for it: those changed and failed; after a dry run those that would be tried
	Changed  int `json:"changed"`
	Skipped  int `json:"skipped"` // left as they are
	Refused  int `json:"refused"` // of the skipped, those in no state for it
	Unknown  int `json:"unknown"` // of the skipped, the ids of no task, or of somebody else's
	Failed   int `json:"failed"`  // could not be changed, or not completely
	// Reasons are why tasks were skipped, with their counts.
	Reasons map[string]int `json:"reasons"`
	// Skips and Failures are the first of the tasks that were skipped and that failed, at most 100 each.
	Skips    []BulkTask `json:"skips"`
	Failures []BulkTask `json:"failures"`

	// Next is where to go on, as BulkOptions.After, if the limit or an error ended the operation; Remaining is how many eligible tasks are left
	// there, as far as the index knows.
	Next      string `json:"next,omitempty"`
	Remaining int    `json:"remaining,omitempty"`

	// Total is how many tasks there are to work on, as far as that is known at the start.
	Total int `json:"-"`
}

// BulkTask is a task that was not changed.
type BulkTask struct {
	ID     task.ID `json:"id"`
	Reason string  `json:"reason"`
	// Err is why the task failed, with all that is in Reason; nil of one that was skipped.
	Err error `json:"-"`
}

// Success reports whether at least one task was changed, and every one that is not done already could be. Ids that
// are unknown, or somebody else's, do not count.
func (r BulkResult) Success() bool { return r.Changed > 0 && r.Failed == 0 && r.Refused == 0 }

// Done reports whether nothing is left to do: no task was refused or failed, and none is unknown.
func (r BulkResult) Done() bool { return r.Failed == 0 && r.Refused == 0 && r.Unknown == 0 }

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

func (t *tally) expect(n int) { t.add(func(r *BulkResult) { r.Total = n }) }

// goOn notes where the operation goes on when it ends here.
func (t *tally) goOn(next string, remaining int) {
	t.add(func(r *BulkResult) { r.Next, r.Remaining = next, remaining })
}

// skip notes a task that is done already.
func (t *tally) skip(id task.ID, reason string) {
	t.add(func(r *BulkResult) { r.skip(1, reason, BulkTask{ID: id, Reason: reason}) })
}

// unknown notes an id without a task.
func (t *tally) unknown(id task.ID) {
	const reason = "Task log not found."
	t.add(func(r *BulkResult) {
		r.Unknown++
		r.skip(1, reason, BulkTask{ID: id, Reason: reason})
	})
}

// refuse notes n tasks that are not eligible, some of which are known.
func (t *tally) refuse(verb Verb, n int, known ...*NotEligibleError) {
	tasks := make([]BulkTask, len(known))
	for i, e := range known {
		tasks[i] = BulkTask{ID: e.ID, Reason: e.Error()}
	}
	t.add(func(r *BulkResult) {
		r.Refused += n
		r.skip(n, verb.refusal(), tasks...)
	})
}

func (r *BulkResult) skip(n int, reason string, tasks ...BulkTask) {
	r.Skipped += n
	if r.Reasons == nil {
		r.Reasons = map[string]int{}
	}
	r.Reasons[reason] += n
	r.Skips = append(r.Skips, tasks[:min(len(tasks), maxListed-len(r.Skips))]...)
}

func (t *tally) fail(id task.ID, err error) {
	t.add(func(r *BulkResult) {
		r.Eligible++
		r.Failed++
		if len(r.Failures) < maxListed {
			r.Failures = append(r.Failures, BulkTask{ID: id, Reason: err.Error(), Err: err})
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
	r.Skips = append([]BulkTask{}, t.sum.Skips...)
	r.Failures = append([]BulkTask{}, t.sum.Failures...)
	return r
}
