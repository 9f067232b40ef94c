// Package taskqueuetest tests actions, and what enqueues tasks, without a server.
//
//   - Run and RunAction run one action as a worker would: its parameters go through JSON, its context is that of a task, and what it
//     returns becomes the task's report and status.
//   - NewClient returns a client that records tasks instead of starting them. RequireEnqueued and its like say what must have been
//     enqueued.
//   - Recorder.RunAll runs what was recorded, children included.
//
// Tasks run in the workflow and the activity that a worker has, inside the Temporal SDK's test environment. There time is
// skipped where a task only waits, so no test waits for a backoff or a delay.
//
// Use a real server, for instance an embedded one, for what is the server's or the worker's part: the task log and its filters,
// cancelling and archiving, a worker that is lost or shut down, delays, priorities and weights, and several workers at a time.
package taskqueuetest
