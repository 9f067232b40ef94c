//go:build unix

package main

import (
	"os"
	"os/signal"
	"syscall"

	"github.com/distributed-task-queue/taskqueue/worker"
)

// obeyPauseSignals lets SIGUSR1 and SIGUSR2 pause the worker and SIGCONT resume it, until the returned function is called.
func obeyPauseSignals(w *worker.Worker) (stop func()) {
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGCONT)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for s := range signals {
			if s == syscall.SIGCONT {
				w.Resume()
			} else {
				w.Pause()
			}
		}
	}()
	return func() {
		signal.Stop(signals)
		close(signals)
		<-done
	}
}
