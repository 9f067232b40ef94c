package schedule

import (
	"errors"
	"fmt"
	"strings"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/temporal"

	"github.com/distributed-task-queue/taskqueue/task"
)

// InvalidError says which field of a schedule is wrong and why.
type InvalidError struct {
	Field  string // as it is spelled in JSON: "spec.cron"
	Reason string // continues the sentence "<field> …"
}

func (e *InvalidError) Error() string {
	return fmt.Sprintf("invalid schedule: %s %s", e.Field, e.Reason)
}

func invalid(field, format string, args ...any) error {
	return &InvalidError{Field: field, Reason: fmt.Sprintf(format, args...)}
}

// NotFoundError says that there is no schedule of tasks with this id.
type NotFoundError struct{ ID string }

func (e *NotFoundError) Error() string { return fmt.Sprintf("schedule %q not found", e.ID) }

// DuplicateError says that a schedule with this id exists already.
type DuplicateError struct{ ID string }

func (e *DuplicateError) Error() string {
	return fmt.Sprintf("schedule %q exists already; choose another id, or update it", e.ID)
}

// invalidSpec begins what the server says of a set of times that it does not take.
const invalidSpec = "Invalid schedule spec: "

// failure makes of the server's error one that names the schedule, and the field if it is known.
func failure(doing, id string, spec Spec, err error) error {
	if errors.Is(err, temporal.ErrScheduleAlreadyRunning) {
		return &DuplicateError{ID: id}
	}
	if _, ok := errors.AsType[*serviceerror.NotFound](err); ok {
		return &NotFoundError{ID: id}
	}
	if refused, ok := errors.AsType[*serviceerror.InvalidArgument](err); ok {
		if reason, ok := strings.CutPrefix(refused.Error(), invalidSpec); ok {
			return specError(spec, reason)
		}
	}
	return fmt.Errorf("%s schedule %q: %w", doing, id, err)
}

// specError names the field. What can be wrong with intervals has been checked before the server was asked, so what is left are the
// time zone and the cron expressions.
func specError(spec Spec, reason string) error {
	if strings.Contains(reason, "time zone") {
		return invalid("spec.timeZone", `is %q, which the server does not know; give an IANA name such as "Europe/Berlin" (%s)`, spec.TimeZone, reason)
	}
	return invalid("spec.cron", `has an expression that the server refuses: %s; given are "%s"`, reason, strings.Join(spec.Cron, `", "`))
}

// taskError says that the fault is in the schedule's task.
func taskError(err error) error {
	if e, ok := errors.AsType[*task.InvalidError](err); ok {
		return &InvalidError{Field: "task." + e.Field, Reason: e.Reason}
	}
	return err
}
