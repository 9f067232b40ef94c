package taskqueue

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/tasklog"
)

// identify gives the task its id. One that is made of an idempotency key is the same for the same key, so that Temporal, which starts
// an id once, is all that needs to know of keys.
func identify(t *task.Task, o Options) error {
	switch {
	case o.IdempotencyKey == "" && o.ID == "":
		t.ID = task.NewID()
		return nil
	case o.IdempotencyKey == "":
		return nil
	case o.ID != "":
		return &task.InvalidError{Field: "id", Reason: "cannot be given together with an idempotency key, of which the id is made"}
	}
	t.ID = task.IDOfKey(o.IdempotencyKey)
	var err error
	t.RequestDigest, err = digest(t, o)
	return err
}

// digest stands for what the task is to be enqueued with, as it was asked for: what the configuration adds may change until it is
// asked for again. A field that is empty is left out, so that fields which a later version adds change no digest.
func digest(t *task.Task, o Options) (string, error) {
	decoder := json.NewDecoder(bytes.NewReader(t.Parameters))
	decoder.UseNumber()
	var parameters any // white space and the order of names do not matter
	if err := decoder.Decode(&parameters); err != nil {
		return "", fmt.Errorf("read the parameters: %w", err)
	}
	encoded, err := json.Marshal(struct {
		Action     string        `json:"action"`
		Parameters any           `json:"parameters"`
		Label      string        `json:"label"`
		Queue      string        `json:"queue,omitempty"`
		Owner      string        `json:"owner,omitempty"`
		Category   task.Category `json:"category,omitempty"`
		ParentID   task.ID       `json:"parentId,omitempty"`
		Master     bool          `json:"masterStatus,omitempty"`
		Delay      time.Duration `json:"delay,omitempty"`
		Priority   int           `json:"priority,omitempty"`
	}{t.Action, parameters, t.Label, o.Queue, o.Owner, o.Category, o.ParentID, o.Master, o.Delay, o.Priority})
	if err != nil {
		return "", fmt.Errorf("make a digest of the task: %w", err)
	}
	sum := sha256.Sum256(encoded)
	return hex.EncodeToString(sum[:]), nil
}

// enqueuedBefore returns the task that was enqueued with the same idempotency key, if that is why this one was refused.
func (c *Client) enqueuedBefore(ctx context.Context, t *task.Task, refusal error) (*task.Task, error) {
	if _, duplicate := errors.AsType[*task.DuplicateError](refusal); !duplicate || t.RequestDigest == "" {
		return nil, refusal
	}
	first, err := c.log.Task(ctx, t.ID)
	if _, missing := errors.AsType[*tasklog.NotFoundError](err); missing { // not yet, or not any more
		return nil, refusal
	}
	if err != nil {
		return nil, fmt.Errorf("look for the task with the same idempotency key: %w", err)
	}
	if first.RequestDigest != t.RequestDigest {
		return nil, &task.KeyReusedError{ID: t.ID}
	}
	return &first, nil
}
