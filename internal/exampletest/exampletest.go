// Package exampletest is what the Example functions of several packages need around what they show. An Example has no test that could
// clean up after it, or fail: what goes wrong here panics.
package exampletest

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"go.temporal.io/sdk/client"
	sdklog "go.temporal.io/sdk/log"
	_ "modernc.org/sqlite" // the driver of SQLite

	taskqueue "github.com/distributed-task-queue/taskqueue"
	"github.com/distributed-task-queue/taskqueue/internal/temporaltest"
	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/tasklog"
	"github.com/distributed-task-queue/taskqueue/worker"
)

// patience is how long an example waits for what takes a moment on an idle machine.
const patience = 2 * time.Minute

// Quiet is a logger that says nothing, as examples are checked by what they print.
func Quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// Connect returns a connection to the server of the package's tests.
func Connect() client.Client {
	connection, err := client.Dial(client.Options{
		HostPort: temporaltest.Server().Address, Namespace: temporaltest.Namespace, Logger: sdklog.NewStructuredLogger(Quiet()),
	})
	must(err)
	return connection
}

// Unique returns a name that nothing else on the server has, also when the examples are run again: yours need no such thing.
func Unique(name string) string { return name + "-" + string(task.NewID()) }

// Work runs a worker of all queues of the client until the returned function is called.
func Work(c *taskqueue.Client) (stop func()) { return WorkWith(c, worker.Config{Concurrency: 4}) }

// WorkWith does the same with a worker that is configured otherwise.
func WorkWith(c *taskqueue.Client, config worker.Config) (stop func()) {
	config.Logger = Quiet()
	w, err := c.NewWorker(config)
	must(err)
	ctx, cancel := context.WithCancel(context.Background())
	stopped := make(chan error, 1)
	go func() { stopped <- w.Run(ctx) }()
	return func() {
		cancel()
		must(<-stopped)
	}
}

// Await returns the task when it has ended.
func Await(c *taskqueue.Client, id task.ID) tasklog.Entity {
	var entity tasklog.Entity
	Until(func() bool {
		var err error
		entity, err = c.TaskLog().Get(context.Background(), id)
		must(err)
		return entity.Status.Closed()
	})
	return entity
}

// AwaitListed waits until as many tasks are in the lists of the log as satisfy the filter: they are some seconds behind at most.
func AwaitListed(c *taskqueue.Client, f *tasklog.Filter, tasks int64) {
	Until(func() bool {
		n, err := c.TaskLog().Count(context.Background(), f)
		must(err)
		return n == tasks
	})
}

// Until waits for the condition.
func Until(condition func() bool) {
	for deadline := time.Now().Add(patience); !condition(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			panic(fmt.Sprintf("what the example waits for has not happened in %s", patience))
		}
	}
}

// SQLite returns a fresh database, and what closes and removes it.
func SQLite() (db *sql.DB, remove func()) {
	dir, err := os.MkdirTemp("", "taskqueue-example-")
	must(err)
	db, err = sql.Open("sqlite", "file:"+filepath.Join(dir, "shop.db")+"?_pragma=busy_timeout(30000)&_pragma=journal_mode(wal)&_txlock=immediate")
	must(err)
	return db, func() {
		must(db.Close())
		must(os.RemoveAll(dir))
	}
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
