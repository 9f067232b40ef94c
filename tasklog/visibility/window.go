package visibility

import (
	"context"
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

// newest narrows a query for the newest tasks, which is what people mostly ask for, to the time in which they were enqueued. The List
// API cannot sort by it, so without this a page of twenty would mean reading all that the query finds.
func (e *Engine) newest(ctx context.Context, f *tasklog.Filter, q query) (query, error) {
	limit, limited, offset := f.Page()
	column, order := f.Sort()
	if !q.exact || !limited || column != tasklog.CreatedAt || order != tasklog.Descending {
		return q, nil
	}
	wanted := int64(limit) + int64(offset)
	total, err := e.count(ctx, q)
	if err != nil || total <= pageSize || wanted >= total {
		return q, err
	}
	now := time.Now()
	within := func(age time.Duration) (query, int64, error) {
		narrowed := query{terms: append(append([]string(nil), q.terms...), tasklog.CreatedAt.Attribute()+" > "+timeLiteral(now.Add(-age))), exact: true}
		n, err := e.count(ctx, narrowed)
		return narrowed, n, err
	}
	tooYoung := time.Duration(0)
	for age := firstWindow; age < oldestTask; age *= windowGrowth {
		narrowed, n, err := within(age)
		if err != nil {
			return query{}, err
		}
		if n < wanted {
			tooYoung = age
			continue
		}
		// Many tasks may be younger than this, and fewer do.
		for old := age; n > int64(e.config.MaxScan) && old-tooYoung > time.Millisecond; {
			middle := tooYoung + (old-tooYoung)/2
			shorter, fewer, err := within(middle)
			if err != nil {
				return query{}, err
			}
			if fewer < wanted {
				tooYoung = middle
			} else {
				old, narrowed, n = middle, shorter, fewer
			}
		}
		return narrowed, nil
	}
	return q, nil
}
