package activities

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/distributed-task-queue/taskqueue/task"
)

// Decode returns a task's parameters as P. It is strict, so that a misspelt parameter is told and not ignored: the error is a
// *task.InvalidError.
func Decode[P any](raw json.RawMessage) (P, error) {
	var p P
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&p); err != nil {
		return p, &task.InvalidError{Field: "parameters", Reason: fmt.Sprintf("do not fit the action: %v", err)}
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return p, &task.InvalidError{Field: "parameters", Reason: "hold more than one JSON value"}
	}
	return p, nil
}
