package worker_test

import (
	"context"
	"fmt"
	"log"
	"sync/atomic"

	taskqueue "github.com/distributed-task-queue/taskqueue"
	"github.com/distributed-task-queue/taskqueue/internal/exampletest"
	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/worker"
)

// Count is the parameters of the action "count".
type Count struct{}

// Action names the action.
func (Count) Action() string { return "count" }

// exampleClient returns a client with these queues, and how many of its tasks have run.
func exampleClient(queues ...taskqueue.Queue) (*taskqueue.Client, *atomic.Int32) {
	var ran atomic.Int32
	registry := taskqueue.NewRegistry()
	err := taskqueue.Register(registry, func(context.Context, Count) (task.Report, error) {
		return task.Success("number %d", ran.Add(1)), nil
	})
	if err != nil {
		log.Fatal(err)
	}
	client, err := taskqueue.New(taskqueue.Config{Temporal: exampletest.Connect(), Actions: registry, Queues: queues})
	if err != nil {
		log.Fatal(err)
	}
	return client, &ran
}

// A worker that is dedicated to one queue, and ends by itself when it has run two tasks.
func ExampleConfig() {
	ctx := context.Background()
	client, ran := exampleClient(taskqueue.Queue{Name: "example-limit"}, taskqueue.Queue{Name: "example-other", Weight: 3})
	for range 3 {
		if _, err := client.Enqueue(ctx, Count{}, ""); err != nil {
			log.Fatal(err)
		}
	}
	w, err := client.NewWorker(worker.Config{Queue: "example-limit", Limit: 2, Logger: exampletest.Quiet()})
	if err != nil {
		log.Fatal(err)
	}
	if err := w.Run(ctx); err != nil {
		log.Fatal(err)
	}
	fmt.Println(ran.Load(), "of 3 tasks have run")

	_, err = client.NewWorker(worker.Config{Limit: 2})
	fmt.Println(err)
	// Output:
	// 2 of 3 tasks have run
	// Limit can be set only if a dedicated queue is set.
}

// A paused worker takes no task. Resume lets it go on; ending the context ends it when what runs has ended.
func ExampleWorker_Pause() {
	client, ran := exampleClient(taskqueue.Queue{Name: "example-pause"})
	w, err := client.NewWorker(worker.Config{Concurrency: 8, Strategy: worker.Strict, Logger: exampletest.Quiet()})
	if err != nil {
		log.Fatal(err)
	}
	w.Pause()
	ctx, stop := context.WithCancel(context.Background())
	stopped := make(chan error, 1)
	go func() { stopped <- w.Run(ctx) }()
	created, err := client.Enqueue(ctx, Count{}, "")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(ran.Load(), "have run")
	w.Resume()
	exampletest.Await(client, created.ID)
	fmt.Println(ran.Load(), "has run")
	stop()
	fmt.Println(<-stopped)
	// Output:
	// 0 have run
	// 1 has run
	// <nil>
}

func ExampleParseStrategy() {
	for _, name := range []string{"", "strict", "fair"} {
		strategy, err := worker.ParseStrategy(name)
		fmt.Println(strategy, err != nil)
	}
	// Output:
	// weight false
	// strict false
	//  true
}

func ExampleLimits_Validate() {
	fmt.Println(worker.Limits{CPU: 80, Memory: 90}.Validate())
	fmt.Println(worker.Limits{Memory: 101}.Validate())
	// Output:
	// <nil>
	// memory is 101: it must be a percentage up to 100, or 0 for no limit
}
