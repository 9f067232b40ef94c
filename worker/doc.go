// Package worker runs tasks: one process takes from all queues in proportion to their weights, and never runs
// more tasks at a time than it is allowed to.
package worker
