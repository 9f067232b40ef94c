package tasklog

import (
	"context"

	"github.com/distributed-task-queue/taskqueue/task"
)

// Stats counts tasks by how far they are. Tasks that wait in a queue, and archived and cancelled ones,
// are in none of the counts.
type Stats struct {
	Completed  int64 `json:"numberOfTasksCompleted"`
	Failed     int64 `json:"numberOfTasksFailed"`
	InProgress int64 `json:"numberOfTasksInProgress"`
}

// StatsBucket is one of the counts of Stats: where it is kept and the statuses that it is of.
type StatsBucket struct {
	Count    *int64
	Statuses []task.Status
}

// Buckets returns the counts, for engines to fill.
func (s *Stats) Buckets() []StatsBucket {
	return []StatsBucket{
		{&s.Completed, task.GroupCompleted.Statuses()},
		{&s.Failed, append(task.GroupFailed.Statuses(), task.Unknown)},
		{&s.InProgress, task.GroupInProgress.Statuses()},
	}
}

// CountStats is Stats for an engine that can only count: one count for each bucket.
func CountStats(ctx context.Context, count func(context.Context, *Filter) (int64, error), f *Filter) (Stats, error) {
	var s Stats
	for _, bucket := range s.Buckets() {
		n, err := count(ctx, f.Narrow(bucket.Statuses...))
		if err != nil {
			return Stats{}, err
		}
		*bucket.Count = n
	}
	return s, nil
}
