package tasklog

import (
	"errors"
	"slices"

	"github.com/distributed-task-queue/taskqueue/task"
)

// ErrSelection says that a Selection does not say in one way which tasks it means.
var ErrSelection = errors.New("select tasks by ids, all of them, or by a filter: exactly one of these")

// Selection says which tasks are to be archived or cancelled. Exactly one of its fields must be set.
type Selection struct {
	// IDs are taken one by one, as they are now.
	IDs []task.ID
	// All are all tasks of the user that have run, to be archived, or that have not begun, to be cancelled: see
	// Filter.AvailableForArchived and Filter.AvailableForCancelled.
	All bool
	// Filter selects what it finds; its limit, offset, sort and columns do not count.
	Filter *Filter
}

func (s Selection) validate() error {
	given := 0
	for _, is := range []bool{s.IDs != nil, s.All, s.Filter != nil} {
		if is {
			given++
		}
	}
	if given != 1 {
		return ErrSelection
	}
	return nil
}

// filter returns what a selection by anything else than ids finds.
func (s Selection) filter(verb Verb, user string) *Filter {
	f := NewFilter()
	switch {
	case s.Filter != nil:
		return s.Filter.Clone().ownedBy(user)
	case verb == Archiving:
		return f.AvailableForArchived(user)
	default:
		return f.AvailableForCancelled(user)
	}
}

// done returns the status of a task to which there is nothing left to do.
func (v Verb) done() task.Status {
	if v == Archiving {
		return task.Archived
	}
	return task.Cancelled
}

// takes returns the statuses of tasks that are eligible.
func (v Verb) takes(force bool) []task.Status {
	return slices.DeleteFunc(effectiveStatuses(), func(s task.Status) bool {
		if s.Group() == task.GroupInProgress {
			return !force
		}
		if v == Archiving {
			return s == task.Archived
		}
		return s != task.Enqueued
	})
}

// refuses returns the statuses of tasks that are not eligible, though they are not done.
func (v Verb) refuses(force bool) []task.Status {
	takes := v.takes(force)
	return slices.DeleteFunc(effectiveStatuses(), func(s task.Status) bool { return s == v.done() || slices.Contains(takes, s) })
}
