// Package schedule enqueues tasks again and again, on Temporal Schedules.
//
// Every run of a schedule is a task like any other: it is in the task log, under the schedule's id with the time of the run
// after it. The server keeps the time, so no process of the application has to run for it.
package schedule
