package crashtest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"

	taskqueue "github.com/distributed-task-queue/taskqueue"
	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/worker"
)

// The environment that makes the test's binary a worker.
const (
	runAsWorker = "CRASHTEST_RUN_AS_WORKER" // the server's address
	journalFile = "CRASHTEST_JOURNAL"
)

// concurrency is how many tasks each worker runs at a time.
const concurrency = 3

var queues = []taskqueue.Queue{{Name: "bulk"}, {Name: "mail", Weight: 2}, {Name: "urgent", Weight: 4}}

// appendID is the parameters of an action that writes its task's id to the journal and then takes its time.
type appendID struct {
	Takes time.Duration `json:"takes"`
}

func (appendID) Action() string { return "append" }

// runWorker is a program that embeds the library. SIGTERM ends it.
func runWorker(address, journal string) (err error) {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	logger := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	// One write to a file that is open for appending is not torn apart by the writes of other processes.
	file, err := os.OpenFile(journal, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	connection, err := client.DialContext(ctx, client.Options{
		HostPort: address, Logger: log.NewStructuredLogger(logger),
		ConnectionOptions: client.ConnectionOptions{GetSystemInfoTimeout: time.Minute}, // the machine is busy
	})
	if err != nil {
		return err
	}
	defer connection.Close()

	actions := taskqueue.NewRegistry()
	err = taskqueue.Register(actions, func(ctx context.Context, p appendID) (task.Report, error) {
		// Written before anything else, so that a task which is started a second time is seen, wherever its first run was killed.
		if _, err := fmt.Fprintln(file, taskqueue.TaskID(ctx)); err != nil {
			return task.Report{}, err
		}
		time.Sleep(p.Takes)
		return task.Success("appended"), nil
	})
	if err != nil {
		return err
	}
	tasks, err := taskqueue.New(taskqueue.Config{Temporal: connection, Queues: queues, Actions: actions, Logger: logger})
	if err != nil {
		return err
	}
	w, err := tasks.NewWorker(worker.Config{Concurrency: concurrency})
	if err != nil {
		return err
	}
	return w.Run(ctx)
}
