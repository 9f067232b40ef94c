// Package taskqueue is a distributed task queue on Temporal.
//
// An application enqueues tasks (an action's name, JSON parameters, a label); a dispatcher puts each one on a
// queue; weighted workers run them once; a task log answers who ran what, when, with which report.
//
// Every task is a Temporal workflow execution, so Temporal's Web UI, its command
// lines and its APIs work on tasks as well.
package taskqueue
