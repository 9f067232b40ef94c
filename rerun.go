package taskqueue

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/distributed-task-queue/taskqueue/task"
)

// Rerun enqueues a new task with the action, parameters, label and category of another one, whatever has become of
// that. The queue is chosen anew. The owner is that of the options, else Config.Owner; parent and master status are not kept.
// The options, which may be nil, win over what the task has. The error is a *tasklog.NotFoundError if there is no such task.
func (c *Client) Rerun(ctx context.Context, id task.ID, options *Options) (*task.Task, error) {
	former, err := c.log.Get(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("rerun: %w", err)
	}
	var again Options
	if options != nil {
		again = *options
	}
	if again.Category == "" && former.Category != task.CategoryUnknown {
		again.Category = former.Category
	}
	return c.CreateTask(ctx, former.TaskName, json.RawMessage(former.Parameters), former.Label, &again)
}
