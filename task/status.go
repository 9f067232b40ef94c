package task

import "fmt"

// Status is what a task is doing, as exactly as the task log knows it.
type Status string

// The statuses. The order is the order of a task's life.
const (
	Enqueued     Status = "enqueued"      // waits in its queue
	Dequeued     Status = "dequeued"      // never written; the name is there for those who know it from the PHP system
	Running      Status = "running"       // a worker runs it
	ChildRunning Status = "child_running" // has run; waits for its children
	Completed    Status = "completed"     // has run, and its report holds no error
	Failed       Status = "failed"        // has run, and its report holds an error; or its worker was lost
	Archived     Status = "archived"      // put away by its owner
	Cancelled    Status = "cancelled"     // ended before it was done
	Unknown      Status = "unknown"       // never stored: stands for "cannot be told"
)

// Group is the coarse status that people are shown.
type Group string

// The groups.
const (
	GroupCreated    Group = "created"
	GroupInProgress Group = "in_progress"
	GroupCompleted  Group = "completed"
	GroupFailed     Group = "failed"
	GroupArchived   Group = "archived"
	GroupCancelled  Group = "cancelled"
)

// statuses is the one table that codes, labels and filters follow from.
var statuses = []struct {
	status Status
	group  Group
	label  string
	closed bool // nothing more will happen to the task by itself
}{
	{Enqueued, GroupCreated, "Queued", false},
	{Dequeued, GroupInProgress, "In Progress", false},
	{Running, GroupInProgress, "In Progress", false},
	{ChildRunning, GroupInProgress, "In Progress", false},
	{Completed, GroupCompleted, "Completed", true},
	{Failed, GroupFailed, "Failed", true},
	{Archived, GroupArchived, "Archived", true},
	{Cancelled, GroupCancelled, "Cancelled", true},
	{Unknown, GroupFailed, "Failed", true},
}

// Statuses returns every status that can be stored, in the order of a task's life.
func Statuses() []Status {
	all := make([]Status, 0, len(statuses)-1)
	for _, row := range statuses {
		if row.status != Unknown {
			all = append(all, row.status)
		}
	}
	return all
}

// ParseStatus returns the status with this name. Unknown is not accepted: it is never stored.
func ParseStatus(name string) (Status, error) {
	for _, s := range Statuses() {
		if string(s) == name {
			return s, nil
		}
	}
	return "", fmt.Errorf("status %q is not valid; valid are %v", name, Statuses())
}

// Group returns the group of the status, and GroupFailed for a status that does not exist.
func (s Status) Group() Group {
	for _, row := range statuses {
		if row.status == s {
			return row.group
		}
	}
	return GroupFailed
}

// Label returns the status's name for people: "Queued", "In Progress" and so on.
func (s Status) Label() string {
	for _, row := range statuses {
		if row.status == s {
			return row.label
		}
	}
	return Unknown.Label()
}

// Closed reports whether the task has reached its end.
func (s Status) Closed() bool {
	for _, row := range statuses {
		if row.status == s {
			return row.closed
		}
	}
	return true
}

// ExpandStatuses replaces the names of groups among names by the statuses in them. A name that is both means the group,
// whose statuses hold it. Names that are neither stay, to be refused by whoever takes statuses.
func ExpandStatuses(names []string) []string {
	var all []string
	for _, name := range names {
		members := Group(name).Statuses()
		if len(members) == 0 {
			all = append(all, name)
		}
		for _, s := range members {
			all = append(all, string(s))
		}
	}
	return all
}

// Statuses returns the statuses that can be stored and belong to the group.
func (g Group) Statuses() []Status {
	var in []Status
	for _, s := range Statuses() {
		if s.Group() == g {
			in = append(in, s)
		}
	}
	return in
}
