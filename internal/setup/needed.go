package setup

import (
	"errors"
	"strings"

	"go.temporal.io/api/serviceerror"
)

// Advice says what to do about an error that is Needed.
const Advice = "the Temporal namespace does not exist, lacks the task queue's search attributes, or has some of another type: " +
	"run `taskctl init`, which adds what is missing and says what is wrong"

// Needed reports whether a server refuses a request because it was not set up: no task is at fault, nor a filter. For search attributes that
// are missing or of another type it has no error of its own, and several texts: "has no mapping defined for search attribute TaskName",
// "search attribute TaskName is not defined", "invalid search attribute: TaskStatus".
func Needed(err error) bool {
	refused, ok := errors.AsType[*serviceerror.InvalidArgument](err)
	return isNamespaceNotFound(err) || ok && strings.Contains(refused.Error(), "search attribute")
}
