package elastic

import (
	"context"

	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/tasklog"
)

// searchByStatus is a search sorted by the status, which is in no field: it goes through the statuses one after the other, in
// one state of the index, so that no task is missed that goes on from one to another.
func (e *Engine) searchByStatus(ctx context.Context, f *tasklog.Filter) (page tasklog.Page, err error) {
	err = e.walking(ctx, func(w *walk) error {
		page, err = w.sections(ctx, f)
		return err
	})
	return page, err
}

func (w *walk) sections(ctx context.Context, f *tasklog.Filter) (tasklog.Page, error) {
	counts, total, err := w.countStatuses(ctx, f)
	if err != nil {
		return tasklog.Page{}, err
	}
	_, order := f.Sort()
	limit, limited, offset := f.Page()
	found, last := tasklog.Collection{}, any(nil)
	for _, status := range sections(f) {
		section := f.Section(task.Status(status), order)
		if section.Position() == nil && offset >= counts[status] {
			offset -= counts[status]
			continue
		}
		section.Offset(offset)
		offset = 0
		if limited {
			section.Limit(limit - len(found))
		}
		q, err := w.engine.where(section, w.superseded)
		if err != nil {
			return tasklog.Page{}, err
		}
		r := newReader(section, w.engine.data)
		if err := w.read(ctx, section, r, q); err != nil {
			return tasklog.Page{}, err
		}
		if len(r.found) > 0 {
			found, last = append(found, r.found...), status
		}
		if limited && len(found) >= limit {
			break
		}
	}
	if !f.WantsTotal() {
		total = 0
	}
	return f.NewPage(found, total, last), nil
}

// countStatuses returns how many tasks of the filter have which status, and how many there are.
func (w *walk) countStatuses(ctx context.Context, f *tasklog.Filter) (map[string]int, int64, error) {
	q, err := w.engine.where(f, w.superseded)
	if err != nil {
		return nil, 0, err
	}
	a, err := w.search(ctx, object{"query": q, "size": 0, "track_total_hits": true, "aggs": object{
		groupsName: object{"filters": object{"filters": statusQueries(f.Statuses())}},
	}}, "")
	if err != nil {
		return nil, 0, err
	}
	found, err := decode[struct{ Buckets map[string]groupAnswer }](a.Aggregations[groupsName])
	counts := map[string]int{}
	for status, bucket := range found.Buckets {
		counts[status] = int(bucket.Count)
	}
	return counts, a.Hits.total(), err
}
