package taskqueue_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	taskqueue "github.com/distributed-task-queue/taskqueue"
	"github.com/distributed-task-queue/taskqueue/broker/rds"
	"github.com/distributed-task-queue/taskqueue/internal/exampletest"
	"github.com/distributed-task-queue/taskqueue/task"
)

// ShipOrder is the parameters of the action "order.ship".
type ShipOrder struct {
	ID int `json:"id"`
}

func (ShipOrder) Action() string { return "order.ship" }

// A task that is enqueued if the application's own transaction commits, and a relay, which every worker of cmd/worker has as well.
func ExampleClient_EnqueueTx() {
	ctx := context.Background()
	db, remove := exampletest.SQLite() // yours is the application's database: PostgreSQL, MySQL or SQLite
	defer remove()
	outbox, err := rds.New(rds.Config{DB: db, Dialect: rds.SQLite})
	if err != nil {
		log.Fatal(err)
	}
	registry := taskqueue.NewRegistry()
	err = taskqueue.Register(registry, func(_ context.Context, o ShipOrder) (task.Report, error) {
		return task.Success("shipped %d", o.ID), nil
	})
	if err != nil {
		log.Fatal(err)
	}
	client, err := taskqueue.New(taskqueue.Config{
		Temporal: exampletest.Connect(), Actions: registry, Queues: []taskqueue.Queue{{Name: "example-outbox", Broker: outbox}},
	})
	if err != nil {
		log.Fatal(err)
	}
	if err := client.Initialize(ctx); err != nil { // makes the table of the queue
		log.Fatal(err)
	}
	if _, err := db.ExecContext(ctx, "CREATE TABLE orders (id INTEGER PRIMARY KEY)"); err != nil {
		log.Fatal(err)
	}
	defer exampletest.Work(client)()
	relay, err := client.NewRelay(taskqueue.RelayConfig{})
	if err != nil {
		log.Fatal(err)
	}

	order := func(id int, pay func() error) (*task.Task, error) {
		tx, err := db.BeginTx(ctx, nil)
		if err != nil {
			return nil, err
		}
		defer tx.Rollback()
		if _, err := tx.ExecContext(ctx, "INSERT INTO orders VALUES (?)", id); err != nil {
			return nil, err
		}
		created, err := client.EnqueueTx(ctx, tx, ShipOrder{ID: id}, fmt.Sprintf("Ship order %d", id))
		if err != nil {
			return nil, err
		}
		if err := pay(); err != nil {
			return nil, err // a rollback leaves nothing
		}
		return created, tx.Commit() // enqueues the task
	}
	_, err = order(16, func() error { return errors.New("the card is refused") })
	fmt.Println("16:", err)
	created, err := order(17, func() error { return nil })
	if err != nil {
		log.Fatal(err)
	}

	moved, err := relay.Drain(ctx) // Run moves what comes until its context ends
	if err != nil {
		log.Fatal(err)
	}
	ended := exampletest.Await(client, created.ID)
	fmt.Println(moved.Moved, "moved;", ended.Label, "is", ended.Status)
	// Output:
	// 16: the card is refused
	// 1 moved; Ship order 17 is completed
}

// What waits in a store is moved to a queue with another broker.
func ExampleClient_NewMigration() {
	ctx := context.Background()
	db, remove := exampletest.SQLite()
	defer remove()
	outbox, err := rds.New(rds.Config{DB: db, Dialect: rds.SQLite})
	if err != nil {
		log.Fatal(err)
	}
	client, err := taskqueue.New(taskqueue.Config{Temporal: exampletest.Connect(), Queues: []taskqueue.Queue{
		{Name: "example-stored", Broker: outbox}, {Name: "example-direct"},
	}})
	if err != nil {
		log.Fatal(err)
	}
	if err := client.Initialize(ctx); err != nil {
		log.Fatal(err)
	}
	created, err := client.Enqueue(ctx, ShipOrder{ID: 18}, "Ship order 18")
	if err != nil {
		log.Fatal(err)
	}

	migration, err := client.NewMigration(ctx, "example-stored", outbox, "example-direct", nil)
	if err != nil {
		log.Fatal(err)
	}
	counts, err := migration.Drain(ctx)
	if err != nil {
		log.Fatal(err)
	}
	moved, err := client.TaskLog().Get(ctx, created.ID)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(counts.Moved, "moved;", moved.Label, "is", moved.Status, "on", moved.Queue)
	// Output:
	// 1 moved; Ship order 18 is enqueued on example-direct
}
