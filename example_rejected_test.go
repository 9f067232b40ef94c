package taskqueue_test

import (
	"context"
	"fmt"
	"log"

	taskqueue "github.com/distributed-task-queue/taskqueue"
	"github.com/distributed-task-queue/taskqueue/broker/rds"
	"github.com/distributed-task-queue/taskqueue/internal/exampletest"
	"github.com/distributed-task-queue/taskqueue/task"
)

// A message of which no task can be made is set aside, and no other waits for it. When it has been mended it is given back to the relay, as
// `taskctl queue rejected` and `taskctl queue restore` do.
func ExampleClient_NewRelay_rejected() {
	ctx := context.Background()
	db, remove := exampletest.SQLite() // yours is the application's database
	defer remove()
	outbox, err := rds.New(rds.Config{DB: db, Dialect: rds.SQLite})
	if err != nil {
		log.Fatal(err)
	}
	queue := exampletest.Unique("example-rejected")
	client, err := taskqueue.New(taskqueue.Config{Temporal: exampletest.Connect(), Queues: []taskqueue.Queue{{Name: queue, Broker: outbox}}})
	if err != nil {
		log.Fatal(err)
	}
	if err := client.Initialize(ctx); err != nil {
		log.Fatal(err)
	}
	table := `"` + rds.TableName(queue) + `"`
	if _, err := db.ExecContext(ctx, "INSERT INTO "+table+" (message) VALUES (?)", `{"action": "mail.send"}`); err != nil {
		log.Fatal(err)
	}
	if _, err := client.CreateTask(ctx, "mail.send", nil, "Welcome mail", nil); err != nil {
		log.Fatal(err)
	}

	relay, err := client.NewRelay(taskqueue.RelayConfig{Logger: exampletest.Quiet()})
	if err != nil {
		log.Fatal(err)
	}
	drain := func() {
		done, err := relay.Drain(ctx) // what it has done since it was made
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(done.Moved, "moved,", done.Rejected, "rejected")
	}
	drain()
	rejected, err := outbox.Rejected(ctx, queue, 10)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s: %s\n", rejected[0].Body, rejected[0].Reason)

	mended := fmt.Sprintf(`{"id": %q, "action": "mail.send"}`, task.NewID())
	if _, err := db.ExecContext(ctx, "UPDATE "+table+" SET message = ? WHERE id = ?", mended, rejected[0].ID); err != nil {
		log.Fatal(err)
	}
	if _, err := outbox.Restore(ctx, queue, []string{rejected[0].ID}); err != nil {
		log.Fatal(err)
	}
	drain()
	// Output:
	// 1 moved, 1 rejected
	// {"action": "mail.send"}: invalid task: id is empty; leave it out to have one made, or give 1 to 255 characters
	// 2 moved, 1 rejected
}
