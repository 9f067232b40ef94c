package visibility

import (
	"context"

	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/tasklog"
)

// Group counts the tasks that satisfy the filter by the values of a column. The API counts by statuses and categories, whose
// values are known; all else is a scan.
func (e *Engine) Group(ctx context.Context, f *tasklog.Filter, g tasklog.Grouping) (tasklog.Groups, error) {
	if err := f.Err(); err != nil {
		return tasklog.Groups{}, err
	}
	if f.MatchesNothing() {
		return tasklog.NewGroups(nil, g), nil
	}
	q, superseded, err := e.prepare(ctx, f)
	if err != nil {
		return tasklog.Groups{}, err
	}
	if q.exact && !g.Times {
		switch g.By {
		case "":
			n, err := e.countExact(ctx, q, superseded)
			return tasklog.NewGroups(groupOf(nil, "", n), g), err
		case tasklog.Status:
			groups, err := e.byStatus(ctx, f)
			return tasklog.NewGroups(groups, g), err
		case tasklog.Category:
			if !q.folds { // or every category would be a scan
				groups, err := e.byCategory(ctx, f)
				return tasklog.NewGroups(groups, g), err
			}
		}
	}
	rows, err := e.scan(ctx, f, q, superseded)
	if err != nil {
		return tasklog.Groups{}, err
	}
	return tasklog.GroupRows(rows, g), nil
}

func (e *Engine) byStatus(ctx context.Context, f *tasklog.Filter) (groups []tasklog.Group, err error) {
	for _, status := range f.Statuses() {
		n, err := e.Count(ctx, f.Narrow(status))
		if err != nil {
			return nil, err
		}
		groups = groupOf(groups, string(status), n)
	}
	return groups, nil
}

// byCategory counts the known categories, and looks at the tasks that others have given a category of their own.
func (e *Engine) byCategory(ctx context.Context, f *tasklog.Filter) (groups []tasklog.Group, err error) {
	known := append(task.Categories(), task.CategoryUnknown)
	for _, category := range known {
		n, err := e.Count(ctx, f.Clone().Eq(tasklog.Category, string(category)))
		if err != nil {
			return nil, err
		}
		groups = groupOf(groups, string(category), n)
	}
	others := f.Clone().NotIn(tasklog.Category, known)
	q, superseded, err := e.prepare(ctx, others)
	if err != nil {
		return nil, err
	}
	rows, err := e.scan(ctx, others, q, superseded)
	if err != nil {
		return nil, err
	}
	rest := tasklog.GroupRows(rows, tasklog.Grouping{By: tasklog.Category, Top: len(rows)})
	return append(groups, rest.Groups...), nil
}

// groupOf adds a group that is not empty.
func groupOf(groups []tasklog.Group, value string, n int64) []tasklog.Group {
	if n == 0 {
		return groups
	}
	return append(groups, tasklog.Group{Value: value, Count: n})
}
