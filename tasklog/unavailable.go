package tasklog

import "fmt"

// UnavailableError says that the index does not answer for now. Everything but lists, counts and statistics works without it.
type UnavailableError struct {
	Index string // which: where it is, without credentials
	Err   error
}

func (e *UnavailableError) Error() string {
	return fmt.Sprintf("the task log's index %s is not available, try again later: %v", e.Index, e.Err)
}

func (e *UnavailableError) Unwrap() error { return e.Err }
