package events

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/tasklog"
)

// window is how many tasks of a list are looked at: those that changed last; with an engine that cannot tell, the newest.
const window = 100

// ListUpdate is what has changed in a list of tasks.
type ListUpdate struct {
	// Changed are the tasks that are new in the list, or are not as they were.
	Changed map[task.ID]tasklog.View
	// Gone are tasks that were in the list and are not any more.
	Gone map[task.ID]struct{}
	// Total is how many tasks the list has.
	Total int64
	// More says that more has changed than is told, so that the list has to be read anew.
	More bool
	// ID tells states of the list apart, for Last-Event-ID.
	ID string
}

// After adds what has changed before.
func (u ListUpdate) After(earlier ListUpdate) ListUpdate {
	changed, gone := maps.Clone(earlier.Changed), maps.Clone(earlier.Gone)
	for id := range u.Gone {
		delete(changed, id)
	}
	for id := range u.Changed {
		delete(gone, id)
	}
	u.Changed, u.Gone = merge(changed, u.Changed), merge(gone, u.Gone)
	u.More = u.More || earlier.More
	// A reader who does not read must not gather tasks without end.
	if len(u.Changed)+len(u.Gone) > 2*window {
		u.Changed, u.Gone, u.More = nil, nil, true
	}
	return u
}

func merge[K comparable, V any](all, more map[K]V) map[K]V {
	if all == nil {
		return more
	}
	maps.Copy(all, more)
	return all
}

// Snapshot returns the state of the list, in which nothing has changed yet.
func (u ListUpdate) Snapshot() ListUpdate { return ListUpdate{Total: u.Total, ID: u.ID} }

// Final returns false: there may always be another task.
func (u ListUpdate) Final() bool { return false }

// Tasks returns the tasks that have changed, the latest first.
func (u ListUpdate) Tasks() []tasklog.View {
	tasks := slices.AppendSeq([]tasklog.View{}, maps.Values(u.Changed))
	slices.SortFunc(tasks, func(a, b tasklog.View) int { return b.Entity.UpdatedAt.Compare(a.Entity.UpdatedAt) })
	return tasks
}

// PollList polls the list of the filter's tasks, and presents those that have changed once for all readers.
func PollList(log *tasklog.TaskLog, f *tasklog.Filter, presenter tasklog.Presenter) Poll[ListUpdate] {
	f = f.SortBy(tasklog.UpdatedAt).SortOrder(tasklog.Descending).Limit(window).WithTotal()
	var seen *tasklog.Page
	var last string
	return func(ctx context.Context) (ListUpdate, bool, error) {
		page, err := log.Page(ctx, f)
		if _, broad := errors.AsType[*tasklog.ScanLimitError](err); broad {
			// An engine that cannot sort so many tasks by when they changed still finds the newest ones.
			f = f.SortBy(tasklog.CreatedAt)
			page, err = log.Page(ctx, f)
		}
		if err != nil {
			return ListUpdate{}, false, err
		}
		now, err := fingerprint(page.Tasks...)
		if err != nil {
			return ListUpdate{}, false, err
		}
		now = fmt.Sprintf("%s-%d", now, page.Total)
		update := ListUpdate{Total: page.Total, ID: now}
		if seen != nil && now != last {
			if err := update.compare(*seen, page); err != nil {
				return ListUpdate{}, false, err
			}
			if err := update.present(ctx, presenter); err != nil {
				return ListUpdate{}, false, err
			}
		}
		changed := now != last
		seen, last = &page, now
		return update, changed, nil
	}
}

// compare finds what is different between the window of before and that of now.
func (u *ListUpdate) compare(before, now tasklog.Page) error {
	u.Changed, u.Gone = map[task.ID]tasklog.View{}, map[task.ID]struct{}{}
	known := make(map[task.ID]string, len(before.Tasks))
	for _, e := range before.Tasks {
		state, err := fingerprint(e)
		if err != nil {
			return err
		}
		known[e.ID] = state
	}
	present := make(map[task.ID]bool, len(now.Tasks))
	for _, e := range now.Tasks {
		present[e.ID] = true
		state, err := fingerprint(e)
		if err != nil {
			return err
		}
		if known[e.ID] != state {
			u.Changed[e.ID] = tasklog.View{Entity: e}
		}
	}
	full := len(now.Tasks) == window
	// If the whole window is new, there may be more behind it.
	u.More = full && len(u.Changed) == window
	for _, e := range before.Tasks {
		// A task that was pushed out of a full window by others is still in the list.
		if !present[e.ID] && (!full || !behind(now.Tasks[window-1], e)) {
			u.Gone[e.ID] = struct{}{}
		}
	}
	// What left or joined the list beyond the window shows only in the total.
	entered := 0
	for id := range u.Changed {
		if _, was := known[id]; !was {
			entered++
		}
	}
	if now.Total-before.Total != int64(entered-len(u.Gone)) {
		u.More = true
	}
	return nil
}

// present makes what is shown of the tasks that have changed.
func (u *ListUpdate) present(ctx context.Context, presenter tasklog.Presenter) error {
	changed := make(tasklog.Collection, 0, len(u.Changed))
	for _, v := range u.Changed {
		changed = append(changed, v.Entity)
	}
	views, err := presenter.Collection(ctx, changed)
	for _, v := range views {
		u.Changed[v.Entity.ID] = v
	}
	return err
}

// behind reports whether a task would come after the last one of a window, by when it changed or by when it was enqueued.
func behind(last, e tasklog.Entity) bool {
	return !e.UpdatedAt.After(last.UpdatedAt) || e.CreatedAt.Before(last.CreatedAt)
}
