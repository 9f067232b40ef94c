package workflows

import (
	"encoding/json"
	"fmt"

	"github.com/distributed-task-queue/taskqueue/task"
)

// Result is what the activity of an action returns: a report, as a worker in any language can write it, and beside it what the
// workflow must know. Its JSON is the report's, with the other fields added to it when they are set.
type Result struct {
	Report *task.Report // nil: the action returned none
	Notes
}

// Notes are what a worker adds to a report.
type Notes struct {
	// ChildTasks is how many child tasks the action enqueued.
	ChildTasks int `json:"childTasks,omitempty"`
	// Attempt is the number that the server gave to the attempt, and AllowedAttempts its limit at that time. Both count attempts that
	// were handed back. They are set for idempotent actions only.
	Attempt         int32 `json:"attempt,omitempty"`
	AllowedAttempts int32 `json:"allowedAttempts,omitempty"`
}

// MarshalJSON writes one object, or null if there is nothing to tell.
func (r Result) MarshalJSON() ([]byte, error) {
	notes, err := json.Marshal(r.Notes)
	if err != nil {
		return nil, err
	}
	if r.Report == nil {
		if r.Notes == (Notes{}) {
			return []byte("null"), nil
		}
		return notes, nil
	}
	report, err := json.Marshal(r.Report)
	if err != nil {
		return nil, fmt.Errorf("encode the report: %w", err)
	}
	if r.Notes == (Notes{}) {
		return report, nil
	}
	return append(append(report[:len(report)-1], ','), notes[1:]...), nil
}

// UnmarshalJSON takes any JSON: what an action in another language returns need not be a report.
func (r *Result) UnmarshalJSON(data []byte) error {
	*r = Result{}
	var report task.Report
	if err := json.Unmarshal(data, &report); err == nil && report.Validate() == nil {
		r.Report = &report
	}
	if err := json.Unmarshal(data, &r.Notes); err != nil {
		r.Notes = Notes{}
	}
	return nil
}
