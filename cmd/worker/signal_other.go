//go:build !unix

package main

import "github.com/distributed-task-queue/taskqueue/worker"

// obeyPauseSignals does nothing: the signals exist on Unix only.
func obeyPauseSignals(*worker.Worker) (stop func()) { return func() {} }
