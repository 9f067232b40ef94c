package elastic

import (
	"context"

	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/tasklog"
)

// searchByStatus is a search sorted by the status, which is in no field: it goes through the statuses one after the other.
func (e *Engine) searchByStatus(ctx context.Context, f *tasklog.Filter) (tasklog.Page, error) {
	counts, err := e.Group(ctx, f, tasklog.Grouping{By: tasklog.Status, Top: tasklog.MaxGroups})
	if err != nil {
		return tasklog.Page{}, err
	}
	count := map[string]int{}
	total := int64(0)
	for _, g := range counts.Groups {
		count[g.Value] = int(g.Count)
		if f.WantsTotal() {
			total += g.Count
		}
	}
	_, order := f.Sort()
	limit, limited, offset := f.Page()
	found, last := tasklog.Collection{}, any(nil)
	for _, status := range sections(f) {
		section := f.Section(task.Status(status), order)
		if section.Position() == nil && offset >= count[status] {
			offset -= count[status]
			continue
		}
		section.Offset(offset)
		offset = 0
		if limited {
			section.Limit(limit - len(found))
		}
		page, err := e.search(ctx, section)
		if err != nil {
			return tasklog.Page{}, err
		}
		if len(page.Tasks) > 0 {
			found, last = append(found, page.Tasks...), status
		}
		if limited && len(found) >= limit {
			break
		}
	}
	return f.NewPage(found, total, last), nil
}
