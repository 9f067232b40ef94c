package api

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"go.temporal.io/api/serviceerror"
	"gocloud.dev/gcerrors"

	"github.com/distributed-task-queue/taskqueue/api/internal/strictjson"
	"github.com/distributed-task-queue/taskqueue/api/internal/taskfile"
	"github.com/distributed-task-queue/taskqueue/broker"
	"github.com/distributed-task-queue/taskqueue/broker/memory"
	"github.com/distributed-task-queue/taskqueue/broker/temporal"
	"github.com/distributed-task-queue/taskqueue/dispatcher"
	"github.com/distributed-task-queue/taskqueue/internal/setup"
	"github.com/distributed-task-queue/taskqueue/schedule"
	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/tasklog"
	"github.com/distributed-task-queue/taskqueue/tasklog/elastic"
)

// statusClientGone is logged, as nobody is left to read it, when the client has closed the connection.
const statusClientGone = 499

// detailInternal tells a client nothing of the server's inside.
const detailInternal = "the error is in the server's log"

// detailIndex tells a client of a list what does not need the index.
const detailIndex = ". Meanwhile tasks can be enqueued, read, archived and cancelled by their ids, and are run"

// problemOf is the one table from errors to problems. What is not in it is an internal error, whose
// text is for the log and not for the client.
func problemOf(err error) *problem {
	if p, ok := errors.AsType[*problem](err); ok {
		return p
	}
	if e, ok := errors.AsType[*stoppedError](err); ok {
		return problemOf(e.error).after(e.done)
	}
	if e, ok := errors.AsType[*task.InvalidError](err); ok {
		return kindInvalid.problem(e.Field, e.Field+" "+e.Reason)
	}
	if e, ok := errors.AsType[*dispatcher.UnknownQueueError](err); ok {
		return kindQueue.problem("queue", e.Error())
	}
	if e, ok := errors.AsType[*dispatcher.UnknownActionError](err); ok {
		return kindAction.problem("action", e.Error())
	}
	if e, ok := errors.AsType[*task.DuplicateError](err); ok {
		return kindDuplicate.problem("id", e.Error())
	}
	if e, ok := errors.AsType[*task.KeyReusedError](err); ok {
		return kindKeyReused.problem(idempotencyHeader, e.Error())
	}
	if e, ok := errors.AsType[*task.TooLargeError](err); ok {
		return kindTooLarge.problem("parameters", e.Error())
	}
	if e, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return kindTooLarge.problem("", fmt.Sprintf("the body has more than %d bytes; a task may have at most %d", e.Limit, temporal.MaxTaskSize))
	}
	if e, ok := errors.AsType[*tasklog.FilterError](err); ok {
		return kindFilter.problem(e.Field, e.Field+" "+e.Reason)
	}
	if e, ok := errors.AsType[*tasklog.ScanLimitError](err); ok {
		return kindScan.problem("filters", e.Error())
	}
	if e, ok := errors.AsType[*tasklog.TreeLimitError](err); ok {
		return kindScan.problem("id", e.Error())
	}
	if e, ok := errors.AsType[*tasklog.NotFoundError](err); ok {
		return kindNotFound.problem("id", e.Error())
	}
	if e, ok := errors.AsType[*tasklog.NotEligibleError](err); ok {
		if e.Verb == tasklog.Archiving {
			return kindInProgress.problem("id", e.Error())
		}
		return kindDequeued.problem("id", e.Error())
	}
	if e, ok := errors.AsType[*taskfile.NotCompletedError](err); ok {
		return kindNoDownload.problem("id", e.Error())
	}
	if e, ok := errors.AsType[*taskfile.MissingError](err); ok {
		return kindNoFile.problem("", e.Error())
	}
	if e, ok := errors.AsType[*schedule.InvalidError](err); ok {
		return kindInvalid.problem(e.Field, e.Field+" "+e.Reason)
	}
	if e, ok := errors.AsType[*schedule.NotFoundError](err); ok {
		return kindNoSchedule.problem("id", e.Error())
	}
	if e, ok := errors.AsType[*schedule.DuplicateError](err); ok {
		return kindSameSchedule.problem("id", e.Error())
	}
	if p := cmp.Or(problemOfBroker(err), problemOfSetup(err)); p != nil {
		return p
	}
	if e, ok := errors.AsType[*serviceerror.InvalidArgument](err); ok {
		return kindInvalid.problem("", "Temporal refuses it: "+e.Error())
	}
	if unavailable(err) {
		return kindUnavailable.problem("", "Temporal, or the task log's index, did not answer in time; try again")
	}
	return kindInternal.problem("", detailInternal)
}

// problemOfBroker returns the problem with the queue's broker that the error is, nil if it is another.
func problemOfBroker(err error) *problem {
	if e, ok := errors.AsType[*memory.UnknownActionError](err); ok {
		return kindAction.problem("action", e.Error())
	}
	if e, ok := errors.AsType[*broker.StoreError](err); ok {
		return kindUnavailable.problem("", fmt.Sprintf("the store of the queue %q did not take the task; try again with the same id or idempotency key", e.Queue))
	}
	if errors.Is(err, memory.ErrClosed) {
		return kindUnavailable.problem("", "the queue runs its tasks in this server, which is stopping; try again")
	}
	return nil
}

// problemOfSetup returns the problem with Temporal's namespace or the task log's index that the error is, nil if it is another. Where the index
// is stays in the log.
func problemOfSetup(err error) *problem {
	if setup.Needed(err) {
		return kindNotSetUp.problem("", setup.Advice)
	}
	if _, ok := errors.AsType[*tasklog.UnavailableError](err); ok {
		return kindIndexDown.problem("", "the task log's index is not available, try again later"+detailIndex)
	}
	if _, ok := errors.AsType[*elastic.MissingIndexError](err); ok {
		return kindIndexMissing.problem("", "the task log's index does not exist: `taskctl init` makes it"+detailIndex)
	}
	if _, ok := errors.AsType[*elastic.MappingError](err); ok {
		return kindIndexWrong.problem("", "the task log's index lacks fields, or has some of another type: `taskctl init` adds them, or says which"+detailIndex)
	}
	if e, ok := errors.AsType[*elastic.UnusableError](err); ok {
		return kindIndexUnusable.problem("", "the task log's index cannot be used: "+e.Reason+detailIndex)
	}
	return nil
}

// unavailable reports whether the same request may succeed when it is repeated.
func unavailable(err error) bool {
	if errors.Is(err, context.DeadlineExceeded) {
		return true
	}
	if _, ok := errors.AsType[*serviceerror.Unavailable](err); ok {
		return true
	}
	if _, ok := errors.AsType[*serviceerror.DeadlineExceeded](err); ok {
		return true
	}
	if _, ok := errors.AsType[*serviceerror.ResourceExhausted](err); ok {
		return true
	}
	// Not every store of files has these; the code of an error that is not one is Unknown.
	switch gcerrors.Code(err) {
	case gcerrors.ResourceExhausted, gcerrors.DeadlineExceeded:
		return true
	default:
		return false
	}
}

// bodyError is for a body that could not be read to its end, or is not JSON.
func bodyError(err error) error {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return err
	}
	if e, ok := errors.AsType[*strictjson.Error](err); ok {
		return kindMalformed.problem(e.Name, "the body "+e.Reason)
	}
	return kindMalformed.problem("", fmt.Sprintf("the body could not be read: %v", err))
}

// decodeError is for a JSON value that does not fit its Go type.
func decodeError(err error) error {
	if e, ok := errors.AsType[*task.InvalidError](err); ok {
		return e
	}
	if e, ok := errors.AsType[*schedule.InvalidError](err); ok {
		return e
	}
	if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return kindInvalid.problem(e.Field, fmt.Sprintf("%s cannot be %s", e.Field, e.Value))
	}
	return fmt.Errorf("decode the body: %w", err)
}
