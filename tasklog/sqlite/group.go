package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/distributed-task-queue/taskqueue/internal/attribute"
	"github.com/distributed-task-queue/taskqueue/tasklog"
)

// Group counts the tasks that satisfy the filter by the values of a column.
func (e *Engine) Group(ctx context.Context, f *tasklog.Filter, g tasklog.Grouping) (groups tasklog.Groups, err error) {
	if err := f.Err(); err != nil {
		return tasklog.Groups{}, err
	}
	groups = tasklog.Groups{Groups: []tasklog.Group{}}
	if f.MatchesNothing() {
		return groups, nil
	}
	var s statement
	s.groups(e.schema, f, g, time.Now())
	rows, err := e.db.QueryContext(ctx, s.text.String(), s.args...)
	if err != nil {
		return tasklog.Groups{}, fmt.Errorf("group the tasks of the task log: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var (
			group tasklog.Group
			times readTimes
			total int64
		)
		targets := []any{&group.Value, &group.Count, &total}
		if g.Times {
			targets = append(targets, times.targets()...)
		}
		if err := rows.Scan(targets...); err != nil {
			return tasklog.Groups{}, fmt.Errorf("group the tasks of the task log: %w", err)
		}
		if g.Times {
			group.Times = times.times()
		}
		if len(groups.Groups) == 0 {
			groups.Others = total
		}
		groups.Others -= group.Count
		groups.Groups = append(groups.Groups, group)
	}
	if err := rows.Err(); err != nil {
		return tasklog.Groups{}, fmt.Errorf("group the tasks of the task log: %w", err)
	}
	return groups, nil
}

// groups adds the statement of a grouping. Each row has the number of all tasks too, those of groups that are left out
// included.
func (s *statement) groups(schema schema, f *tasklog.Filter, g tasklog.Grouping, now time.Time) {
	value := "''"
	if g.By != "" {
		value = fmt.Sprintf("COALESCE(%s, '')", key(schema, g.By))
	}
	s.add(fmt.Sprintf("WITH tasks AS (SELECT %s AS value, e.%s AS millis FROM executions_visibility AS e WHERE ",
		value, schema.fields[attribute.Duration.GetName()]))
	s.where(schema, f, now)
	s.add(")")
	from, times := "tasks", ""
	if g.Times {
		// The nearest rank of a percentile p of n values is p·n, rounded up.
		s.add(`, ranked AS (SELECT value, millis, ROW_NUMBER() OVER (PARTITION BY value, millis IS NULL ORDER BY millis) AS place,
			COUNT(millis) OVER (PARTITION BY value) AS timed FROM tasks)`)
		from, times = "ranked", `, COUNT(millis), MIN(millis), AVG(millis), MAX(millis),
			MAX(millis) FILTER (WHERE place = (timed * 50 + 99) / 100), MAX(millis) FILTER (WHERE place = (timed * 95 + 99) / 100)`
	}
	s.add(fmt.Sprintf(" SELECT value, COUNT(*) AS tasks, SUM(COUNT(*)) OVER ()%s FROM %s GROUP BY value ORDER BY tasks DESC, value LIMIT ?",
		times, from), g.Top)
}

// readTimes are the columns of a group's times in milliseconds; all but the count are NULL if that is 0.
type readTimes struct {
	count                   int64
	shortest, mean, longest sql.NullFloat64
	p50, p95                sql.NullFloat64
}

func (t *readTimes) targets() []any {
	return []any{&t.count, &t.shortest, &t.mean, &t.longest, &t.p50, &t.p95}
}

func (t *readTimes) times() *tasklog.Times {
	return &tasklog.Times{
		Count: t.count, Min: tasklog.Seconds(t.shortest.Float64), Mean: tasklog.Seconds(t.mean.Float64), Max: tasklog.Seconds(t.longest.Float64),
		P50: tasklog.Seconds(t.p50.Float64), P95: tasklog.Seconds(t.p95.Float64),
	}
}
