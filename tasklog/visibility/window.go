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
)

// narrow narrows a query for the newest or the oldest tasks, or those that follow a position among them, which is what people and
// bulk operations mostly ask for, to the time in which they were enqueued. The List API cannot sort by it, so without this a
// page of twenty would mean reading all that the query finds. The query may find as many unwanted runs as hidden says.
func (e *Engine) narrow(ctx context.Context, f *tasklog.Filter, q query, hidden int) (query, error) {
	limit, limited, offset := f.Page()
	column, order := f.Sort()
	if column != tasklog.CreatedAt {
		return q, nil
	}
	position := f.Position()
	if position != nil {
		if at, ok := position.Value.(time.Time); ok && (at.Before(earliestTime) || at.After(latestTime)) {
			return q, nil
		}
		if term := positionTerm(order, position.Value); term != "" {
			q = q.with(term)
		}
	}
	if !q.exact || !limited {
		return q, nil
	}
	wanted := int64(limit) + int64(offset) + int64(hidden)
	total, err := e.count(ctx, q)
	if err != nil || total <= min(pageSize, int64(e.config.MaxScan)) || wanted >= total {
		return q, err
	}
	ages, tooFew := windows(order)
	bound := func(age time.Duration) time.Time { return time.Now().Add(-age) }
	if position != nil {
		// The query still finds what was created at the very moment of the position, some of which are before it.
		same, err := e.count(ctx, q.with(sameTimeTerm(position.Value)))
		if err != nil {
			return query{}, err
		}
		wanted += same
		if at, ok := position.Value.(time.Time); ok {
			ages, tooFew = windows(tasklog.Descending) // either way from the nearest on
			bound = at.Add
			if order == tasklog.Descending {
				bound = func(age time.Duration) time.Time { return at.Add(-age) }
			}
		}
	}
	within := func(age time.Duration) (query, int64, error) {
		narrowed := q.with(windowTerm(order, bound(age)))
		n, err := e.count(ctx, narrowed)
		return narrowed, n, err
	}
	for _, age := range ages {
		narrowed, n, err := within(age)
		if err != nil {
			return query{}, err
		}
		if n < wanted {
			tooFew = age
			continue
		}
		// That may be many more than are wanted, and fewer do.
		for enough := age; n > int64(e.config.MaxScan) && (enough-tooFew).Abs() > time.Millisecond; {
			middle := tooFew + (enough-tooFew)/2
			shorter, fewer, err := within(middle)
			if err != nil {
				return query{}, err
			}
			if fewer < wanted {
				tooFew = middle
			} else {
				enough, narrowed, n = middle, shorter, fewer
			}
		}
		return narrowed, nil
	}
	return q, nil
}

// windows returns at which ages to look for enough tasks, those with the fewest first, and an age with none.
func windows(order tasklog.Order) (ages []time.Duration, none time.Duration) {
	for age := firstWindow; age < oldestTask; age *= windowGrowth {
		ages = append(ages, age)
	}
	if order == tasklog.Descending {
		return ages, 0
	}
	slices.Reverse(ages)
	return append(ages, 0), oldestTask
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
