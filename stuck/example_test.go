package stuck_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/distributed-task-queue/taskqueue"
	"github.com/distributed-task-queue/taskqueue/internal/exampletest"
	"github.com/distributed-task-queue/taskqueue/internal/temporaltest"
	"github.com/distributed-task-queue/taskqueue/stuck"
	"github.com/distributed-task-queue/taskqueue/tasklog"
)

// A task that nobody takes is found, with the reason, and enqueued anew.
func Example() {
	ctx := context.Background()
	connection := exampletest.Connect()
	queue := exampletest.Unique("imports")
	client, err := taskqueue.New(taskqueue.Config{Temporal: connection, Queues: []taskqueue.Queue{{Name: queue}}})
	if err != nil {
		log.Fatal(err)
	}
	if _, err := client.CreateTask(ctx, "csv.import", nil, "Import of May", nil); err != nil {
		log.Fatal(err)
	}
	exampletest.AwaitListed(client, tasklog.NewFilter().Eq(tasklog.Queue, queue), 1)

	finder := stuck.New(stuck.Config{
		Client: client, Temporal: connection, Namespace: temporaltest.Namespace,
		Clock: func() time.Time { return time.Now().Add(time.Hour) }, // yours is the real one, and waits
	})
	for t, err := range finder.Find(ctx, stuck.Query{Actions: []string{"csv.import"}, Queue: queue}) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(t.Label+":", t.Cause)
		again, err := finder.Restart(ctx, t)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println("enqueued anew:", again.Label)
	}
	// Output:
	// Import of May: no worker serves the queue
	// enqueued anew: Import of May
}
