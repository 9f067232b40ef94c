package api

import (
	"errors"
	"fmt"

	"github.com/gin-gonic/gin"

	"github.com/distributed-task-queue/taskqueue/api/auth"
	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/tasklog"
)

// newCall returns the call of a visitor.
func (s *Server) newCall(c *gin.Context, v visitor) *call {
	return &call{Context: c, visitor: v, log: s.logOf(v), parents: map[task.ID]bool{}}
}

// logOf returns the only log that handlers read and change tasks with, a test sees to that: to an owner it is a log of their own
// tasks alone, whatever a request says.
func (s *Server) logOf(v visitor) *tasklog.TaskLog {
	log := s.config.Client.TaskLog()
	if v.confined() {
		log = log.OwnedBy(v.Subject)
	}
	return log
}

// confined reports whether the visitor sees only their own tasks.
func (v visitor) confined() bool { return v.Role < auth.Operator }

// user returns whose tasks a request means that names a user, or none.
func (v visitor) user(field, wanted string) (string, error) {
	switch {
	case !v.confined():
		return userOrAll(wanted), nil
	case wanted != "" && wanted != v.Subject:
		return "", v.othersTasks(field, wanted)
	default:
		return v.Subject, nil
	}
}

// owner returns who a new task is to belong to, if the request names this owner or none. An owner gets their own tasks; others may
// enqueue for whom they want, and do so for themselves if they name nobody.
func (v visitor) owner(wanted string) (string, error) {
	if v.confined() && wanted != "" && wanted != v.Subject {
		return "", v.othersTasks("owner", wanted)
	}
	if wanted == "" {
		return v.Subject, nil
	}
	return wanted, nil
}

func (v visitor) othersTasks(field, wanted string) error {
	return kindOtherOwner.problem(field, fmt.Sprintf("%s is %q; with the role %s it can only be %q, which may be left out", field, wanted, v.Role, v.Subject))
}

// ownerOf returns who a new task with this parent is to belong to. A child that names nobody belongs to its parent's owner. An owner's
// tasks can only be children of their own: a parent waits for its children, so it is changed by them.
func (c *call) ownerOf(wanted string, parent task.ID) (string, error) {
	owner, err := c.visitor.owner(wanted)
	if err != nil || parent == "" {
		return owner, err
	}
	if !c.visitor.confined() {
		return wanted, nil
	}
	if c.parents[parent] {
		return owner, nil
	}
	if _, err := c.log.Get(c.Request.Context(), parent); err != nil {
		if missing, ok := errors.AsType[*tasklog.NotFoundError](err); ok {
			return "", kindInvalid.problem("parentId", missing.Error())
		}
		return "", err
	}
	c.parents[parent] = true
	return owner, nil
}

// userOrAll returns the user who sees everybody's tasks if none is given.
func userOrAll(user string) string {
	if user == "" {
		return tasklog.SuperUser
	}
	return user
}
