package task

import "fmt"

// DuplicateError says that a task with this id exists already, running or done.
type DuplicateError struct{ ID ID }

func (e *DuplicateError) Error() string {
	return fmt.Sprintf("task %q exists already; choose another id, or leave the id out to have one made", e.ID)
}

// KeyReusedError says that the idempotency key of a task has been used for something else.
type KeyReusedError struct{ ID ID }

func (e *KeyReusedError) Error() string {
	return fmt.Sprintf("the idempotency key belongs to task %q, which was enqueued with something else; use a new key for each task", e.ID)
}

// TooLargeError says that a task does not fit into one Temporal payload.
type TooLargeError struct {
	Size  int // bytes of the task as JSON
	Limit int // bytes allowed
}

func (e *TooLargeError) Error() string {
	return fmt.Sprintf("task has %d bytes; at most %d are allowed (pass large data by reference)", e.Size, e.Limit)
}
