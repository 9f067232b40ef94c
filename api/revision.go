package api

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/tasklog"
)

// show presents a task, and puts its revision into the header ETag.
func (s *Server) show(c *call, e tasklog.Entity) (tasklog.View, error) {
	view, err := s.presenter.Entity(c.Request.Context(), e)
	if err != nil {
		return tasklog.View{}, err
	}
	revision, err := view.Revision()
	if err != nil {
		return tasklog.View{}, err
	}
	c.Header("ETag", `"`+revision+`"`)
	return view, nil
}

// answerUnlessKnown answers with a task as it has been shown, or tells a client that has this revision already that it is still the same.
func (c *call) answerUnlessKnown(view tasklog.View) {
	if known := c.Request.Header.Get("If-None-Match"); known != "" && hasTag(known, c.Writer.Header().Get("ETag"), true) {
		c.Status(http.StatusNotModified)
		c.Writer.WriteHeaderNow()
		return
	}
	c.JSON(http.StatusOK, view)
}

// expectRevision refuses to change a task that is not as the client has seen it, if the header If-Match says how that was.
func (s *Server) expectRevision(c *call, id task.ID) error {
	wanted := c.Request.Header.Get("If-Match")
	if wanted == "" {
		return nil
	}
	found, err := c.log.Get(c.Request.Context(), id)
	if err != nil {
		return err
	}
	if _, err := s.show(c, found); err != nil {
		return err
	}
	if current := c.Writer.Header().Get("ETag"); !hasTag(wanted, current, false) {
		return kindRevision.problem("If-Match", fmt.Sprintf("the task's revision is %s now, and it is %s; If-Match is %s", current, found.Status, wanted))
	}
	return nil
}

// hasTag reports whether a list of entity tags (RFC 9110), or * for any, has this one. Weak is how they are compared where it does not matter that
// a proxy has coded the answer in another way.
func hasTag(list, tag string, weak bool) bool {
	for one := range strings.SplitSeq(list, ",") { // no tag of ours has a comma
		one = strings.TrimSpace(one)
		if weak {
			one = strings.TrimPrefix(one, "W/")
		}
		if one == tag || one == "*" {
			return true
		}
	}
	return false
}
