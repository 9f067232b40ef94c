package tasklog

import (
	"fmt"

	"github.com/distributed-task-queue/taskqueue/task"
)

// NotFoundError says that there is no task with this id, or none that the user may see.
type NotFoundError struct {
	ID task.ID
}

func (e *NotFoundError) Error() string {
	return fmt.Sprintf("Task log for task %q not found", string(e.ID))
}

// ScanLimitError says that a search would have to read more tasks than its engine is allowed to.
type ScanLimitError struct {
	Limit int // how many tasks the engine may read for one search
}

func (e *ScanLimitError) Error() string {
	return fmt.Sprintf("the search needs to read more than %d tasks, the bound of this engine: narrow the filter, "+
		"for instance by owner, status or created_at, or use an engine that reads the index itself (elastic, sqlite)", e.Limit)
}

// Verb is what somebody wants to do to a task.
type Verb string

// The verbs.
const (
	Archiving  Verb = "archived"
	Cancelling Verb = "cancelled"
)

// refusal is the sentence that users of the PHP system know.
func (v Verb) refusal() string {
	if v == Archiving {
		return "Task cannot be archived because it is in progress."
	}
	return "Task cannot be cancelled because it is already dequeued."
}

// NotEligibleError says that a task is in no state for what somebody wants to do to it.
type NotEligibleError struct {
	ID     task.ID
	Verb   Verb
	Status task.Status // of the task
}

func (e *NotEligibleError) Error() string {
	return fmt.Sprintf("%s Task %q is %s.", e.Verb.refusal(), string(e.ID), e.Status)
}
