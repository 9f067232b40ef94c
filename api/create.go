package api

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/distributed-task-queue/taskqueue/internal/newtask"
	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/tasklog"
)

func (s *Server) createTask(c *call) error {
	var body newtask.Task
	if err := c.decode(&body); err != nil {
		return err
	}
	key, err := c.idempotencyKey()
	if err != nil {
		return err
	}
	if body, err = c.prepare(body, key); err != nil {
		return err
	}
	wanted := body.Library()
	created, err := s.config.Client.CreateTask(c.Request.Context(), wanted.Action, wanted.Parameters, wanted.Label, wanted.Options)
	if err != nil {
		return err
	}
	return s.answerCreated(c, created)
}

// prepare returns a task that is wanted with the owner that it is to have, and with an idempotency key that is the visitor's own. The
// key of the header counts if the task has none itself. Nobody gets an id that somebody's key may make.
func (c *call) prepare(wanted newtask.Task, key string) (newtask.Task, error) {
	owner, err := c.ownerOf(wanted.Owner, wanted.ParentID)
	if err != nil {
		return newtask.Task{}, err
	}
	if wanted.ID.MayBeOfKey() {
		return newtask.Task{}, &task.InvalidError{Field: "id", Reason: "is a UUID of version 8, which only ids that are made of idempotency keys are; give another"}
	}
	wanted.Owner = owner
	switch given := wanted.IdempotencyKey; {
	case given == "":
		wanted.IdempotencyKey = key
	case key != "" && key != given:
		return newtask.Task{}, kindInvalid.problem("idempotencyKey", fmt.Sprintf("idempotencyKey is %q, and the header %s says otherwise; give one of them", given, idempotencyHeader))
	}
	wanted.IdempotencyKey = c.visitor.scoped(wanted.IdempotencyKey)
	return wanted, nil
}

// scoped returns the visitor's idempotency key as one for the whole server, so that nobody finds out, nor hinders, what others enqueue.
func (v visitor) scoped(key string) string {
	if key == "" {
		return ""
	}
	return strconv.Quote(v.Subject) + " " + key
}

// idempotencyHeader is the header of draft-ietf-httpapi-idempotency-key-header.
const idempotencyHeader = "Idempotency-Key"

// idempotencyKey returns the key in the header, "" if there is none. The draft has it in quotation marks; without them it is the same.
func (c *call) idempotencyKey() (string, error) {
	given := c.Request.Header.Get(idempotencyHeader)
	if !strings.HasPrefix(given, `"`) {
		return given, nil
	}
	key, err := unquote(given)
	if err != nil || key == "" {
		return "", kindInvalid.problem(idempotencyHeader, fmt.Sprintf("%s is %s; give 1 to %d characters, in quotation marks or without", idempotencyHeader, given, task.MaxTextLength))
	}
	return key, nil
}

// unquote reads a string of structured fields (RFC 9651): only quotation marks and backslashes are escaped.
func unquote(quoted string) (string, error) {
	inner, ok := strings.CutSuffix(quoted[1:], `"`)
	if !ok {
		return "", strconv.ErrSyntax
	}
	var b strings.Builder
	for i := 0; i < len(inner); i++ {
		switch inner[i] {
		case '"':
			return "", strconv.ErrSyntax
		case '\\':
			i++
			if i == len(inner) || inner[i] != '"' && inner[i] != '\\' {
				return "", strconv.ErrSyntax
			}
		}
		b.WriteByte(inner[i])
	}
	return b.String(), nil
}

// entityOf returns the task that has just been enqueued, from the log if a sync queue has run it already.
func (s *Server) entityOf(c *call, t *task.Task) (tasklog.Entity, error) {
	if t.Report == nil {
		return Enqueued(t), nil
	}
	return c.log.Get(c.Request.Context(), t.ID)
}

// Enqueued returns the task as the log has it when it has just been enqueued. Asking the log would cost
// another call, and tell no more; of a task that waits for a relay it knows nothing yet.
func Enqueued(t *task.Task) tasklog.Entity {
	e := tasklog.Entity{
		ID: t.ID, ParentID: t.ParentID, TaskName: t.Action, Parameters: string(t.Parameters), Label: t.Label,
		Status: task.Enqueued, MasterStatus: t.Master, Owner: t.Owner, CreatedAt: t.CreatedAt, UpdatedAt: t.CreatedAt,
		Category: t.Category, Queue: t.Queue,
	}
	if e.Category == "" {
		e.Category = task.CategoryUnknown
	}
	return e
}
