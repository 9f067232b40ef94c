package schedule

import (
	"encoding/json"
	"time"

	"github.com/distributed-task-queue/taskqueue/task"
)

// DefaultCatchUp is the catch-up window of a schedule that names none; it is Temporal's own default.
const DefaultCatchUp = Duration(365 * 24 * time.Hour)

// Definition says when to enqueue which task.
type Definition struct {
	Spec Spec `json:"spec"`
	Task Task `json:"task"`
	// Overlap says what happens when it is time for a run and the one before has not ended. Default: OverlapSkip.
	Overlap Overlap `json:"overlap,omitempty"`
	// CatchUp is how late a run may start that could not start in time because the server was down. A run that would be later is left
	// out. At least 10 s. Default: DefaultCatchUp.
	CatchUp Duration `json:"catchUp,omitempty"`
	// Paused keeps the schedule from running by itself.
	Paused bool `json:"paused"`
	// Note is for people: why the schedule is paused, say. Pausing and resuming overwrite it.
	Note string `json:"note,omitempty"`
}

// Spec is a set of times: all those of its cron expressions and of its intervals. It must name at least one of either.
type Spec struct {
	// Cron holds expressions of 5 fields (minute, hour, day of month, month, day of week), 6 (and the year) or 7 (and the second in front),
	// or @yearly, @monthly, @weekly, @daily, @hourly. A comment may stand after #. They are read back as the server keeps
	// them: with numbers for names.
	Cron      []string   `json:"cron,omitempty"`
	Intervals []Interval `json:"intervals,omitempty"`
	// TimeZone is where the clock of the cron expressions hangs: an IANA name like "Europe/Berlin". Default: UTC.
	TimeZone string `json:"timeZone,omitempty"`
	// StartAt and EndAt bound the times, inclusively. Default: not at all.
	StartAt time.Time `json:"startAt,omitzero"`
	EndAt   time.Time `json:"endAt,omitzero"`
	// Jitter delays every run by a random time up to this, so that not everything starts at the full hour. Default: not at all.
	Jitter Duration `json:"jitter,omitempty"`
}

// Interval is the times since 1970-01-01T00:00:00Z that are a multiple of Every, plus Offset. Both are whole seconds.
type Interval struct {
	Every  Duration `json:"every"`            // at least 1 s
	Offset Duration `json:"offset,omitempty"` // less than Every
}

// Task is what a schedule enqueues. Its JSON is the input of the workflow that each run is: a task's, without what a run has of its own.
type Task struct {
	Action     string          `json:"action"`
	Parameters json.RawMessage `json:"parameters,omitempty"` // default: an empty object
	Label      string          `json:"label,omitempty"`
	Queue      string          `json:"queue,omitempty"`        // default: chosen by the dispatcher when the schedule is made or updated
	Owner      string          `json:"owner,omitempty"`        // default: the client's
	Category   task.Category   `json:"category,omitempty"`     // default: the action's
	Master     bool            `json:"masterStatus,omitempty"` // a run is done when its action is, whatever its children do
	Priority   int             `json:"priority,omitempty"`     // 1 (first) to 5 (last) inside the queue; default: 3
	// Policy says how the action may be run. It is set by the client that makes or updates the schedule; nil if only workers know. Another
	// one is refused, so leave it nil.
	Policy *task.Policy `json:"policy,omitempty"`
}

// Schedule is a schedule as it is now.
type Schedule struct {
	ID string `json:"id"`
	Definition
	NextRuns   []time.Time `json:"nextRuns"`   // the next ten at most
	RecentRuns []Run       `json:"recentRuns"` // the last ten at most, the oldest first
	Running    []task.ID   `json:"running"`    // tasks that the overlap policy waits for
	Runs       int         `json:"runs"`       // how many tasks were enqueued
	Skipped    int         `json:"skipped"`    // how many were left out by the overlap policy
	Missed     int         `json:"missed"`     // how many were left out because the catch-up window was over
	CreatedAt  time.Time   `json:"createdAt"`
	UpdatedAt  time.Time   `json:"updatedAt,omitzero"`
}

// Run is one time that a schedule enqueued its task.
type Run struct {
	TaskID      task.ID   `json:"taskId"`
	ScheduledAt time.Time `json:"scheduledAt"` // with jitter
	StartedAt   time.Time `json:"startedAt"`
}

// Summary is what lists tell of a schedule.
type Summary struct {
	ID         string        `json:"id"`
	Action     string        `json:"action"`
	Label      string        `json:"label,omitempty"`
	Owner      string        `json:"owner,omitempty"`
	Category   task.Category `json:"category,omitempty"`
	Spec       Spec          `json:"spec"` // its first ten expressions and intervals
	Paused     bool          `json:"paused"`
	Note       string        `json:"note,omitempty"`
	NextRuns   []time.Time   `json:"nextRuns"`   // the next five at most
	RecentRuns []Run         `json:"recentRuns"` // the last five at most, the oldest first
}
