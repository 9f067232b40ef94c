package taskqueue

import (
	"fmt"

	"github.com/distributed-task-queue/taskqueue/schedule"
	"github.com/distributed-task-queue/taskqueue/task"
)

// Schedules returns the schedules, which enqueue tasks again and again.
func (c *Client) Schedules() *schedule.Schedules { return c.schedules }

// Recurring returns the typed task of a schedule, made as Enqueue makes tasks. Its options' id, parent and delay mean nothing to a
// schedule.
func Recurring(args Args, label string) (schedule.Task, error) {
	raw, err := task.EncodeParameters(args)
	if err != nil {
		return schedule.Task{}, err
	}
	o := optionsOf(args)
	t := schedule.Task{
		Action: args.Action(), Parameters: raw, Label: label,
		Queue: o.Queue, Owner: o.Owner, Category: o.Category, Master: o.Master, Priority: o.Priority,
	}
	if namer, ok := args.(QueueNamer); ok && t.Queue == "" {
		t.Queue = namer.QueueName()
	}
	return t, nil
}

// prepare makes a whole task of what is to be scheduled, as if it were enqueued now.
func (c *Client) prepare(recurring schedule.Task) (*task.Task, error) {
	t, err := c.newTask(recurring.Action, recurring.Parameters, recurring.Label, Options{
		Queue: recurring.Queue, Owner: recurring.Owner, Category: recurring.Category, Master: recurring.Master, Priority: recurring.Priority,
	})
	if err != nil {
		return nil, err
	}
	queue, err := c.dispatcher.Route(t)
	if err != nil {
		return nil, err
	}
	if queue.Broker.Sync() {
		return nil, &task.InvalidError{Field: "queue", Reason: fmt.Sprintf("is %q, which runs tasks while they are enqueued; "+
			"a schedule needs a queue with workers", queue.Name)}
	}
	return t, nil
}
