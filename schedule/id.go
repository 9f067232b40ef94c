package schedule

import (
	"strings"
	"time"

	"github.com/distributed-task-queue/taskqueue/task"
)

// timeLayout is how the server writes the time of a run after the schedule's id, in UTC.
const timeLayout = "2006-01-02T15:04:05Z"

// MaxIDLength is how many characters a schedule's id may have, so that its tasks' ids are not too long.
const MaxIDLength = task.MaxTextLength - len("-"+timeLayout)

// validateID reports whether the id can begin those of tasks.
func validateID(id string) error {
	if id == "" {
		return invalid("id", "is empty; give 1 to %d characters", MaxIDLength)
	}
	if len(id) > MaxIDLength {
		return invalid("id", "has %d characters; at most %d are allowed, as the time of the run is added to it", len(id), MaxIDLength)
	}
	if err := task.ID(id).Validate(); err != nil {
		e, _ := taskError(err).(*InvalidError) //nolint:errorlint // made just now
		return invalid("id", "%s", e.Reason)
	}
	// The server cannot search for these, and backfills need to know which tasks there are.
	if i := strings.IndexAny(id, "'\"\\?`"); i >= 0 {
		return invalid("id", "has %q at byte %d, which a schedule's id cannot have", id[i], i)
	}
	return nil
}

// taskID returns the id of the task that runs for a time.
func taskID(id string, at time.Time) task.ID { return task.ID(id + "-" + at.UTC().Format(timeLayout)) }

// timeOf returns the time that a task of the schedule runs for; false if it is not one of the schedule's.
func timeOf(id, task string) (time.Time, bool) {
	suffix, ok := strings.CutPrefix(task, id+"-")
	if !ok {
		return time.Time{}, false
	}
	at, err := time.Parse(timeLayout, suffix)
	return at, err == nil
}
