package memory_test

import (
	"context"
	"fmt"
	"log"

	taskqueue "github.com/distributed-task-queue/taskqueue"
	"github.com/distributed-task-queue/taskqueue/broker/memory"
	"github.com/distributed-task-queue/taskqueue/internal/exampletest"
	"github.com/distributed-task-queue/taskqueue/task"
)

// Greet is the parameters of the action "greet".
type Greet struct {
	Name string `json:"name"`
}

// Action names the action.
func (Greet) Action() string { return "greet" }

// A sync queue: enqueuing runs the task in this process, and the report is at hand.
func Example() {
	connection := exampletest.Connect()
	registry := taskqueue.NewRegistry()
	err := taskqueue.Register(registry, func(_ context.Context, g Greet) (task.Report, error) {
		return task.Success("Hello, %s!", g.Name), nil
	})
	if err != nil {
		log.Fatal(err)
	}
	sync, err := memory.New(memory.Config{Client: connection, Actions: registry, Logger: exampletest.Quiet()})
	if err != nil {
		log.Fatal(err)
	}
	client, err := taskqueue.New(taskqueue.Config{
		Temporal: connection, Actions: registry, Queues: []taskqueue.Queue{{Name: "example-sync", Broker: sync}},
	})
	if err != nil {
		log.Fatal(err)
	}
	done, err := client.Enqueue(context.Background(), Greet{Name: "Ada"}, "Greet Ada")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(done.Report.Children[0])

	_, err = client.CreateTask(context.Background(), "elsewhere", nil, "", nil) // this process does not know it
	fmt.Println(err != nil, sync.Close())
	// Output:
	// success: Hello, Ada!
	// true <nil>
}
