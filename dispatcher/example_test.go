package dispatcher_test

import (
	"fmt"
	"log"

	"go.temporal.io/sdk/client"

	taskqueue "github.com/distributed-task-queue/taskqueue"
	"github.com/distributed-task-queue/taskqueue/task"
)

// The queue of a task is the one that it names, else that of its action, else the default one.
func Example() {
	connection, err := client.NewLazyClient(client.Options{}) // routing needs no server
	if err != nil {
		log.Fatal(err)
	}
	c, err := taskqueue.New(taskqueue.Config{
		Temporal: connection, Queues: []taskqueue.Queue{{Name: "batch"}, {Name: "imports"}, {Name: "mail"}}, DefaultQueue: "mail",
		Associations: map[string]string{"csv.import": "imports"},
	})
	if err != nil {
		log.Fatal(err)
	}
	for _, t := range []*task.Task{
		{ID: "1", Action: "csv.import", Parameters: task.EmptyParameters, Metadata: task.Metadata{Queue: "batch"}},
		{ID: "2", Action: "csv.import", Parameters: task.EmptyParameters},
		{ID: "3", Action: "greet", Parameters: task.EmptyParameters},
	} {
		queue, err := c.Dispatcher().Route(t)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(t.Action, "goes to", queue.Name)
	}

	_, err = taskqueue.New(taskqueue.Config{Temporal: connection, Associations: map[string]string{"greet": "hall"}})
	fmt.Println(err)
	// Output:
	// csv.import goes to batch
	// csv.import goes to imports
	// greet goes to mail
	// taskqueue: Found not registered queue(s) linked to task(s): hall. Please add the queue(s), or correct the associations.
}
