package taskqueue_test

import (
	"context"
	"fmt"
	"log"
	"log/slog"
	"time"

	"go.temporal.io/sdk/client"
	sdklog "go.temporal.io/sdk/log"

	taskqueue "github.com/distributed-task-queue/taskqueue"
	"github.com/distributed-task-queue/taskqueue/internal/temporaltest"
	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/worker"
)

// Greet is the parameters of the action "greet".
type Greet struct {
	Name string `json:"name"`
}

// Action names the action.
func (Greet) Action() string { return "greet" }

// A program that enqueues a task, runs it, and asks the log about it.
func Example() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	address := temporaltest.Server().Address // yours is 127.0.0.1:7233, or what TEMPORAL_ADDRESS says
	connection, err := client.Dial(client.Options{HostPort: address, Logger: sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler))})
	if err != nil {
		log.Fatal(err)
	}
	defer connection.Close()

	actions := taskqueue.NewRegistry()
	err = taskqueue.Register(actions, func(_ context.Context, g Greet) (task.Report, error) {
		return task.Success("Hello, %s!", g.Name), nil
	})
	if err != nil {
		log.Fatal(err)
	}
	queue, err := taskqueue.New(taskqueue.Config{
		Temporal: connection,
		Actions:  actions,
		Queues:   []taskqueue.Queue{{Name: "example-interactive", Weight: 2}, {Name: "example-batch", Weight: 1}},
	})
	if err != nil {
		log.Fatal(err)
	}

	w, err := queue.NewWorker(worker.Config{Concurrency: 2})
	if err != nil {
		log.Fatal(err)
	}
	working, stop := context.WithCancel(ctx)
	stopped := make(chan error)
	go func() { stopped <- w.Run(working) }()

	created, err := queue.Enqueue(ctx, Greet{Name: "Ada"}, "Greet Ada")
	if err != nil {
		log.Fatal(err)
	}
	for {
		entity, err := queue.TaskLog().Get(ctx, created.ID)
		if err != nil {
			log.Fatal(err)
		}
		if entity.Status.Closed() {
			fmt.Println(entity.Label, "on", entity.Queue, "is", entity.Status)
			fmt.Println(entity.Report.Children[0])
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	stop()
	if err := <-stopped; err != nil {
		log.Fatal(err)
	}
	// Output:
	// Greet Ada on example-interactive is completed
	// success: Hello, Ada!
}
