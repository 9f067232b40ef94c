package api

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/tasklog"
)

// entity is a task as the API shows it: the task log's entity, and behind its members some more.
type entity struct {
	tasklog.Entity
	hasFile bool
}

// extras are what the API adds to the log's entity. A column that was deselected is left out.
type extras struct {
	Category   task.Category   `json:"category,omitempty"`
	HasFile    bool            `json:"hasFile"`
	RawStatus  task.Status     `json:"rawStatus"`
	Queue      string          `json:"queue,omitempty"`
	Owner      string          `json:"owner,omitempty"`
	ParentID   task.ID         `json:"parentId,omitempty"`
	Parameters json.RawMessage `json:"parameters,omitempty"`
}

// MarshalJSON writes the log's members first, in their order.
func (e entity) MarshalJSON() ([]byte, error) {
	first, err := json.Marshal(e.Entity)
	if err != nil {
		return nil, err
	}
	x := extras{
		Category: e.Category, HasFile: e.hasFile, RawStatus: e.Status, Queue: e.Queue, Owner: e.Owner, ParentID: e.ParentID,
	}
	// In lists the log has only the beginning of long parameters, which is not JSON any more.
	if json.Valid([]byte(e.Parameters)) {
		x.Parameters = json.RawMessage(e.Parameters)
	}
	rest, err := json.Marshal(x)
	if err != nil {
		return nil, err
	}
	return bytes.Join([][]byte{first[:len(first)-1], rest[1:]}, []byte(",")), nil
}

// entities looks up what the log does not know of its tasks.
func (s *Server) entities(ctx context.Context, found ...tasklog.Entity) ([]entity, error) {
	all := make([]entity, len(found))
	for i, e := range found {
		hasFile, err := s.hasFile(ctx, e)
		if err != nil {
			return nil, err
		}
		all[i] = entity{Entity: e, hasFile: hasFile}
	}
	return all, nil
}

// hasFile reports whether the task left a file that is still there.
func (s *Server) hasFile(ctx context.Context, e tasklog.Entity) (bool, error) {
	name := e.FileName()
	if s.config.Files == nil || name == "" {
		return false, nil
	}
	exists, err := s.config.Files.Exists(ctx, name)
	if err != nil {
		return false, fmt.Errorf("look for file %q of task %q: %w", name, e.ID, err)
	}
	return exists, nil
}
