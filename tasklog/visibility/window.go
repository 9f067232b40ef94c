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

// narrow narrows a query for the newest or the oldest tasks, which is what people and bulk operations mostly ask for, to the time
// in which they were enqueued. The List API cannot sort by it, so without this a page of twenty would mean reading all that
// the query finds. The query may find as many unwanted runs as hidden says.
func (e *Engine) narrow(ctx context.Context, f *tasklog.Filter, q query, hidden int) (query, error) {
	limit, limited, offset := f.Page()
	column, order := f.Sort()
	if !q.exact || !limited || column != tasklog.CreatedAt {
		return q, nil
	}
	wanted := int64(limit) + int64(offset) + int64(hidden)
	total, err := e.count(ctx, q)
	if err != nil || total <= pageSize || wanted >= total {
		return q, err
	}
	now := time.Now()
	ages, tooFew := windows(order)
	within := func(age time.Duration) (query, int64, error) {
		narrowed := query{terms: append(slices.Clone(q.terms), windowTerm(order, now.Add(-age))), exact: true}
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

// windowTerm finds the tasks before or after a time, in whichever direction the sort begins. Tasks without a time are the
// first in ascending order.
func windowTerm(order tasklog.Order, bound time.Time) string {
	column := tasklog.CreatedAt.Attribute()
	if order == tasklog.Descending {
		return column + " > " + timeLiteral(bound)
	}
	return "(" + column + " <= " + timeLiteral(bound) + " OR " + column + " IS NULL)"
}
