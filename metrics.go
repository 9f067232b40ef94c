package taskqueue

import (
	"context"
	"errors"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/distributed-task-queue/taskqueue/dispatcher"
	"github.com/distributed-task-queue/taskqueue/task"
)

// MetricEnqueued counts the tasks that a Client was asked to enqueue, by queue, broker and result.
const MetricEnqueued = "taskqueue_enqueued_total"

// The results of MetricEnqueued.
const (
	resultEnqueued  = "enqueued"
	resultDuplicate = "duplicate" // the id is taken, or the idempotency key was used before
	resultRefused   = "refused"   // it can never be enqueued
	resultAbandoned = "abandoned" // the caller did not wait for the end; a deadline that passed is no such choice, but a failure
	resultFailed    = "failed"    // it may work another time
)

func newEnqueued(queues []dispatcher.Queue) *prometheus.CounterVec {
	enqueued := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: MetricEnqueued, Help: "Tasks that this process was asked to enqueue, by result: enqueued, duplicate, refused, abandoned or failed.",
	}, []string{"queue", "broker", "result"})
	for _, q := range queues { // so that a rate sees the first task of each
		for _, result := range []string{resultEnqueued, resultDuplicate, resultRefused, resultAbandoned, resultFailed} {
			enqueued.WithLabelValues(q.Name, q.Broker.Name(), result)
		}
	}
	return enqueued
}

// Describe implements prometheus.Collector.
func (c *Client) Describe(descs chan<- *prometheus.Desc) { c.enqueued.Describe(descs) }

// Collect implements prometheus.Collector.
func (c *Client) Collect(metrics chan<- prometheus.Metric) { c.enqueued.Collect(metrics) }

// count counts a task by what has become of it. One for a queue that does not exist is counted without a queue.
func (c *Client) count(ctx context.Context, t *task.Task, err error) {
	var queue, broker string
	if q, unknown := c.dispatcher.Queue(t.Queue); unknown == nil {
		queue, broker = q.Name, q.Broker.Name()
	}
	result := resultOf(ctx, err)
	c.enqueued.WithLabelValues(queue, broker, result).Inc()
	c.config.Logger.DebugContext(ctx, "A task was to be enqueued", "task", t.ID, "action", t.Action, "queue", queue, "result", result)
}

func resultOf(ctx context.Context, err error) string {
	if err == nil {
		return resultEnqueued
	}
	if _, ok := errors.AsType[*task.DuplicateError](err); ok {
		return resultDuplicate
	}
	if isRefusal(err) {
		return resultRefused
	}
	if errors.Is(ctx.Err(), context.Canceled) {
		return resultAbandoned
	}
	return resultFailed
}

// isRefusal reports whether the error is the task's own, so that it would be the same another time.
func isRefusal(err error) bool {
	if _, ok := errors.AsType[*task.InvalidError](err); ok {
		return true
	}
	if _, ok := errors.AsType[*task.TooLargeError](err); ok {
		return true
	}
	if _, ok := errors.AsType[*dispatcher.UnknownQueueError](err); ok {
		return true
	}
	_, ok := errors.AsType[*NoTransactionError](err)
	return ok
}
