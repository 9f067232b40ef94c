package relay

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"go.temporal.io/api/serviceerror"

	"github.com/distributed-task-queue/taskqueue/broker"
	"github.com/distributed-task-queue/taskqueue/internal/setup"
	"github.com/distributed-task-queue/taskqueue/task"
)

// maxReason is how many bytes of a reason are kept.
const maxReason = 1000

// handOver gives the task of a message to the target. An error says that it could not, and that trying again may help.
func (l *line) handOver(ctx context.Context, p parcel) (broker.Verdict, error) {
	if l.config.HandOverTimeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, l.config.HandOverTimeout)
		defer cancel()
	}
	m, t := p.message, p.task
	switch {
	case m.Err != nil:
		return l.withoutBody(ctx, m)
	case p.err != nil:
		return l.reject(ctx, m, p.err), nil
	}
	err := l.config.Target.Enqueue(ctx, t)
	if _, duplicate := errors.AsType[*task.DuplicateError](err); duplicate {
		return l.duplicate(ctx, m, t.ID), nil
	}
	if isForGood(err) {
		return l.reject(ctx, m, err), nil
	}
	if err != nil {
		return broker.Verdict{}, err
	}
	l.counts.moved.Add(1)
	return broker.Verdict{Done: true}, nil
}

// withoutBody deals with a message whose body is kept elsewhere and cannot be read. Of a message that is delivered once more the body may
// be gone rightly.
func (l *line) withoutBody(ctx context.Context, m broker.Message) (broker.Verdict, error) {
	if m.TaskID != "" {
		exists, err := l.config.Exists(ctx, m.TaskID)
		if err != nil {
			return broker.Verdict{}, fmt.Errorf("look for task %s: %w", m.TaskID, err)
		}
		if exists {
			return l.duplicate(ctx, m, m.TaskID), nil
		}
	}
	return l.reject(ctx, m, m.Err), nil
}

func (l *line) duplicate(ctx context.Context, m broker.Message, id task.ID) broker.Verdict {
	l.counts.duplicates.Add(1)
	l.logger.DebugContext(ctx, "A message is dropped, because its task exists", "message", m.ID, "task", id)
	return broker.Verdict{Done: true}
}

func (l *line) reject(ctx context.Context, m broker.Message, reason error) broker.Verdict {
	l.counts.rejected.Add(1)
	l.logger.ErrorContext(ctx, "A message is set aside, because no task can be made of it", "message", m.ID, "reason", reason)
	// It may quote the message, and not all stores keep everything.
	text := strings.ReplaceAll(strings.ToValidUTF8(reason.Error(), "\uFFFD"), "\x00", "\uFFFD")
	return broker.Verdict{Reject: task.Truncate(text, maxReason)}
}

// isForGood reports whether the error would come again however often the task is handed over.
func isForGood(err error) bool {
	if _, invalid := errors.AsType[*task.InvalidError](err); invalid {
		return true
	}
	if _, large := errors.AsType[*task.TooLargeError](err); large {
		return true
	}
	_, refused := errors.AsType[*serviceerror.InvalidArgument](err)
	return refused && !setup.Needed(err)
}
