package queueadmin_test

import (
	"context"
	"fmt"
	"log"

	taskqueue "github.com/distributed-task-queue/taskqueue"
	"github.com/distributed-task-queue/taskqueue/internal/exampletest"
)

// The queues as operators see them. A pause keeps a queue's tasks from all workers, wherever they run.
func Example() {
	ctx := context.Background()
	client, err := taskqueue.New(taskqueue.Config{
		Temporal: exampletest.Connect(), Queues: []taskqueue.Queue{{Name: "example-print", Weight: 2}, {Name: "example-mail"}},
		Associations: map[string]string{"print": "example-print"},
	})
	if err != nil {
		log.Fatal(err)
	}
	paused, err := client.Queues().Pause(ctx, "example-print", "the printer burns")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(paused.Name, "is paused:", paused.PauseReason)
	if _, err := client.Queues().Resume(ctx, "example-print"); err != nil {
		log.Fatal(err)
	}
	queues, err := client.Queues().List(ctx)
	if err != nil {
		log.Fatal(err)
	}
	for _, q := range queues {
		fmt.Println(q.Name, q.Weight, q.Broker, q.Associations, q.Waiting, q.Paused)
	}
	_, err = client.Queues().Get(ctx, "nowhere")
	fmt.Println(err)
	// Output:
	// example-print is paused: the printer burns
	// example-print 2 temporal [print] 0 false
	// example-mail 1 temporal [] 0 false
	// Queue "nowhere" does not exist. Existing queues: example-print, example-mail
}
