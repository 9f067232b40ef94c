package sqs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/google/uuid"
	"gocloud.dev/blob"

	"github.com/distributed-task-queue/taskqueue/broker"
	"github.com/distributed-task-queue/taskqueue/task"
)

// reference is the body of a message whose task is in the bucket.
type reference struct {
	Blob string  `json:"taskqueueBlob"` // the key
	ID   task.ID `json:"id"`            // of the task
}

// putAway keeps a body that is too large for SQS in the bucket, and returns the reference to it.
func (b *Broker) putAway(ctx context.Context, t *task.Task, body string) (string, error) {
	if b.config.Bucket == nil {
		return "", &task.TooLargeError{Size: len(body), Limit: MaxMessageSize}
	}
	key := "taskqueue/" + uuid.NewString() + ".json"
	options := &blob.WriterOptions{ContentType: "application/json"}
	if err := b.config.Bucket.WriteAll(ctx, key, []byte(body), options); err != nil {
		return "", fmt.Errorf("enqueue task %s: keep it in the bucket: %w", t.ID, &broker.StoreError{Queue: t.Queue, Err: err})
	}
	encoded, err := json.Marshal(reference{Blob: key, ID: t.ID})
	if err != nil {
		return "", err
	}
	return string(encoded), nil
}

// refersTo returns what the body refers to; nil if it is a task itself.
func refersTo(body string) *reference {
	var r reference
	if !strings.Contains(body, `"taskqueueBlob"`) || json.Unmarshal([]byte(body), &r) != nil || r.Blob == "" {
		return nil
	}
	return &r
}

// fetch returns the body that the reference stands for.
func (b *Broker) fetch(ctx context.Context, r *reference) ([]byte, error) {
	if b.config.Bucket == nil {
		return nil, errors.New("the task is in a bucket, and none is configured for this relay")
	}
	body, err := b.config.Bucket.ReadAll(ctx, r.Blob)
	if err != nil {
		return nil, fmt.Errorf("read the task from the bucket: %w", err)
	}
	return body, nil
}
