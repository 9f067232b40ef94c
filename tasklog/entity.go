package tasklog

import (
	"encoding/json"
	"time"

	"github.com/distributed-task-queue/taskqueue/task"
)

// Entity is a task as the log knows it. A column that was deselected is empty.
type Entity struct {
	ID       task.ID
	ParentID task.ID // empty: none
	TaskName string  // the action
	// Parameters are JSON; in lists only its first 255 characters.
	Parameters   string
	Label        string
	Status       task.Status // the effective one
	MasterStatus bool
	Owner        string       // empty: nobody
	Report       *task.Report // nil until there is one
	CreatedAt    time.Time    // UTC, whole milliseconds
	UpdatedAt    time.Time    // UTC, whole milliseconds
	Category     task.Category
	Queue        string
	// Attempts is how often an idempotent action was started; 0 for all others, and if it is not known.
	Attempts int
	// Progress is what the action of a running task told last; nil in lists.
	Progress *task.Progress

	now func() time.Time // for the elapsed times; nil is time.Now
}

// WithClock returns the entity with the clock that its elapsed times are measured against; the default
// is time.Now.
func (e Entity) WithClock(now func() time.Time) Entity {
	e.now = now
	return e
}

// FileName returns the file that the task left, "" if there is none.
func (e Entity) FileName() string {
	if e.Report == nil {
		return ""
	}
	return e.Report.FileName()
}

// MarshalJSON writes the entity as the log's users get it. The parent, the parameters, the owner and
// the queue are not part of it, nor is the category, which a Decorator adds.
func (e Entity) MarshalJSON() ([]byte, error) { return json.Marshal(e.object()) }

func (e Entity) object() object {
	o := object{
		{"id", e.ID},
		{"taskName", e.TaskName},
		{"status", e.Status.Group()},
		{"masterStatus", e.MasterStatus},
		{"statusLabel", e.Status.Label()},
	}
	if e.Label != "" {
		o = append(o, member{"taskLabel", e.Label})
	}
	now := time.Now
	if e.now != nil {
		now = e.now
	}
	for _, t := range []struct {
		key string
		at  time.Time
	}{{"createdAt", e.CreatedAt}, {"updatedAt", e.UpdatedAt}} {
		if !t.at.IsZero() {
			o = append(o, member{t.key, t.at.Unix()}, member{t.key + "Elapsed", now().Unix() - t.at.Unix()})
		}
	}
	if e.Report != nil {
		o = append(o, member{"report", e.Report})
	}
	if e.Attempts > 0 {
		o = append(o, member{"attempts", e.Attempts})
	}
	if e.Progress != nil {
		o = append(o, member{"progress", e.Progress})
	}
	return o
}

// keep empties the columns that are not among the selected ones.
func (e *Entity) keep(selected []Column) {
	for _, c := range deselected(selected) {
		switch c {
		case Parameters:
			e.Parameters = ""
		case Label:
			e.Label = ""
		case Owner:
			e.Owner = ""
		case CreatedAt:
			e.CreatedAt = time.Time{}
		case UpdatedAt:
			e.UpdatedAt = time.Time{}
		case Category:
			e.Category = ""
		case Queue:
			e.Queue = ""
		}
	}
}
