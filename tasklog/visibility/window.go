package visibility

import (
	"context"
	"slices"
	"time"

	"github.com/distributed-task-queue/taskqueue/tasklog"
)

const (
	firstWindow = time.Minute
	// windowGrowth makes few steps of many sizes: from a minute to the age of any log it is less than ten.
	windowGrowth = 8
	// oldestTask is before every task.
	oldestTask = 50 * 365 * 24 * time.Hour
	// maxWindows is how often a page is looked for in a window, which tasks leave meanwhile, before it is looked for everywhere.
	maxWindows = 4
)

// narrow narrows a query for the newest or the oldest tasks, or those that follow a position among them, which is what people and
// bulk operations mostly ask for, to the time in which they were enqueued. The List API cannot sort by it, so without this a
// page of twenty would mean reading all that the query finds. It tells whether it has left out what is not in a window of time.
func (e *Engine) narrow(ctx context.Context, f *tasklog.Filter, q query, superseded runSet) (narrowed query, inWindow bool, err error) {
	limit, limited, offset := f.Page()
	column, order := f.Sort()
	if column != tasklog.CreatedAt {
		return q, false, nil
	}
	position := f.Position()
	if position != nil {
		if at, ok := position.Value.(time.Time); ok && (at.Before(earliestTime) || at.After(latestTime)) {
			return q, false, nil
		}
		if term := positionTerm(order, position.Value); term != "" {
			q = q.with(term)
		}
	}
	if !q.exact || !limited {
		return q, false, nil
	}
	wanted := int64(limit) + int64(offset)
	total, err := e.count(ctx, q)
	if err != nil || total <= min(pageSize, int64(e.config.MaxScan)) || wanted >= total {
		return q, false, err
	}
	w := windowsFromNow(order)
	if position != nil {
		// The query still finds what was created at the very moment of the position, some of which are before it.
		same, err := e.count(ctx, q.with(sameTimeTerm(position.Value)))
		if err != nil {
			return query{}, false, err
		}
		wanted += same
		if at, ok := position.Value.(time.Time); ok {
			w = windowsFrom(at, order)
		}
	}
	return e.within(ctx, q, superseded, w, wanted)
}

// within narrows a query to the first of the windows, if there is one, that has as many tasks as are wanted, and no more than can be
// scanned.
func (e *Engine) within(ctx context.Context, q query, superseded runSet, w windows, wanted int64) (narrowed query, inWindow bool, err error) {
	// read is how many runs the scan of a window would read, superseded ones among them.
	look := func(age time.Duration) (narrowed query, enough bool, read int64, err error) {
		narrowed = q.with(windowTerm(w.order, w.bound(age)))
		if read, err = e.count(ctx, narrowed); err != nil || read < wanted {
			return narrowed, false, read, err
		}
		found, err := e.leaveOut(ctx, narrowed, superseded, read)
		return narrowed, found >= wanted, read, err
	}
	tooShort := w.none
	for _, age := range w.ages {
		narrowed, enough, read, err := look(age)
		if err != nil {
			return query{}, false, err
		}
		if !enough {
			tooShort = age
			continue
		}
		// That may be many more than are wanted, and fewer do.
		for longEnough := age; read > int64(e.config.MaxScan) && (longEnough-tooShort).Abs() > time.Millisecond; {
			middle := tooShort + (longEnough-tooShort)/2
			shorter, enough, fewer, err := look(middle)
			if err != nil {
				return query{}, false, err
			}
			if enough {
				longEnough, narrowed, read = middle, shorter, fewer
			} else {
				tooShort = middle
			}
		}
		return narrowed, true, nil
	}
	return q, false, nil
}

// windows are spans of time in which to look for enough tasks. Each reaches from where a list begins to the bound of an age.
type windows struct {
	order tasklog.Order
	ages  []time.Duration // those with the fewest tasks first
	none  time.Duration   // an age with no task
	bound func(age time.Duration) time.Time
}

// windowsFromNow are for a list without a position: the newest tasks are known to be from now on backwards, the oldest not to
// be older than any task.
func windowsFromNow(order tasklog.Order) windows {
	now := time.Now()
	w := windowsFrom(now, tasklog.Descending)
	if w.order = order; order == tasklog.Ascending {
		slices.Reverse(w.ages)
		w.ages, w.none = append(w.ages, 0), oldestTask
	}
	return w
}

// windowsFrom are for what follows a time.
func windowsFrom(at time.Time, order tasklog.Order) windows {
	w := windows{order: order, bound: at.Add}
	if order == tasklog.Descending {
		w.bound = func(age time.Duration) time.Time { return at.Add(-age) }
	}
	for age := firstWindow; age < oldestTask; age *= windowGrowth {
		w.ages = append(w.ages, age)
	}
	return w
}

// positionTerm finds what follows a position, and what was created at the same time; empty if that is all.
func positionTerm(order tasklog.Order, value any) string {
	at, ok := value.(time.Time)
	column := tasklog.CreatedAt.Attribute()
	switch {
	case !ok && order == tasklog.Ascending:
		return ""
	case !ok:
		return column + " IS NULL"
	case order == tasklog.Ascending:
		return column + " > " + timeLiteral(at)
	}
	return "(" + column + " <= " + timeLiteral(at.Add(time.Millisecond)) + " OR " + column + " IS NULL)"
}

// sameTimeTerm finds the tasks that were created at the same time.
func sameTimeTerm(value any) string {
	column := tasklog.CreatedAt.Attribute()
	at, ok := value.(time.Time)
	if !ok {
		return column + " IS NULL"
	}
	return "(" + column + " > " + timeLiteral(at) + " AND " + column + " <= " + timeLiteral(at.Add(time.Millisecond)) + ")"
}

// windowTerm finds the tasks before or after a time, in whichever direction the sort begins. Tasks without a time are the
// first in ascending order.
func windowTerm(order tasklog.Order, bound time.Time) string {
	column := tasklog.CreatedAt.Attribute()
	if order == tasklog.Descending {
		return column + " > " + timeLiteral(bound)
	}
	return "(" + column + " <= " + timeLiteral(bound) + " OR " + column + " IS NULL)"
}
