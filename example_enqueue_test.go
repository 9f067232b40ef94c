package taskqueue_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"time"

	taskqueue "github.com/distributed-task-queue/taskqueue"
	"github.com/distributed-task-queue/taskqueue/dispatcher"
	"github.com/distributed-task-queue/taskqueue/internal/exampletest"
	"github.com/distributed-task-queue/taskqueue/task"
)

// Tasks for actions by their names, which other programs' workers may know. The dispatcher chooses the queue.
func ExampleClient_CreateTask() {
	ctx := context.Background()
	client, err := taskqueue.New(taskqueue.Config{
		Temporal: exampletest.Connect(),
		Queues:   []taskqueue.Queue{{Name: "example-default"}, {Name: "example-imports", Weight: 3}},
		// Where tasks of these actions go, and what they are.
		Associations: map[string]string{"csv.import": "example-imports"},
		Categories:   map[string]task.Category{"csv.import": task.CategoryImport},
	})
	if err != nil {
		log.Fatal(err)
	}
	for _, action := range []string{"csv.import", "index.update"} {
		created, err := client.CreateTask(ctx, action, map[string]any{"file": "cities.csv"}, "Cities", nil)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(created.Action, "is on", created.Queue, "with", string(created.Parameters))
	}

	_, err = client.CreateTask(ctx, "csv.import", nil, "", &taskqueue.Options{Queue: "nowhere"})
	var unknown *dispatcher.UnknownQueueError
	fmt.Println(errors.As(err, &unknown), err)
	// Output:
	// csv.import is on example-imports with {"file":"cities.csv"}
	// index.update is on example-default with {"file":"cities.csv"}
	// true Queue "nowhere" does not exist. Existing queues: example-default, example-imports
}

// What can be said of one task.
func ExampleOptions() {
	ctx := context.Background()
	client, err := taskqueue.New(taskqueue.Config{Temporal: exampletest.Connect(), Queues: []taskqueue.Queue{{Name: "example-options"}}})
	if err != nil {
		log.Fatal(err)
	}
	invoice := exampletest.Unique("invoice")
	options := &taskqueue.Options{
		ID:       task.ID(invoice), // enqueued once, whoever tries it again
		Owner:    "jane",
		Category: task.CategoryCreate,
		Delay:    time.Hour,
		Priority: 1, // before the queue's other tasks
	}
	created, err := client.CreateTask(ctx, "invoice.print", map[string]int{"invoice": 4711}, "Invoice 4711", options)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("the task of", created.Owner, "starts", created.NotBefore.Sub(created.CreatedAt), "later")

	_, err = client.CreateTask(ctx, "invoice.print", nil, "Again", options)
	var duplicate *task.DuplicateError
	fmt.Println("exists already:", errors.As(err, &duplicate))
	// Output:
	// the task of jane starts 1h0m0s later
	// exists already: true
}

// A key makes it safe to enqueue again when the answer was lost.
func ExampleOptions_idempotencyKey() {
	ctx := context.Background()
	client, err := taskqueue.New(taskqueue.Config{Temporal: exampletest.Connect(), Queues: []taskqueue.Queue{{Name: "example-orders"}}})
	if err != nil {
		log.Fatal(err)
	}
	options := &taskqueue.Options{IdempotencyKey: "order-4711"}
	first, err := client.CreateTask(ctx, "order.ship", map[string]int{"order": 4711}, "Ship order 4711", options)
	if err != nil {
		log.Fatal(err)
	}
	again, err := client.CreateTask(ctx, "order.ship", map[string]int{"order": 4711}, "Ship order 4711", options)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("the same task:", first.ID == again.ID)

	_, err = client.CreateTask(ctx, "order.ship", map[string]int{"order": 4712}, "Ship order 4712", options)
	var reused *task.KeyReusedError
	fmt.Println("the key means another task:", errors.As(err, &reused))
	// Output:
	// the same task: true
	// the key means another task: true
}

// Many tasks at once, each with its own result.
func ExampleClient_CreateTasks() {
	client, err := taskqueue.New(taskqueue.Config{Temporal: exampletest.Connect(), Queues: []taskqueue.Queue{{Name: "example-many"}}})
	if err != nil {
		log.Fatal(err)
	}
	results := client.CreateTasks(context.Background(), []taskqueue.NewTask{
		{Action: "csv.import", Parameters: json.RawMessage(`{"file": "cities.csv"}`), Label: "Cities"},
		{Action: "csv.import", Options: &taskqueue.Options{Priority: 9}},
	})
	for _, result := range results {
		fmt.Println(result.Task != nil, result.Err)
	}
	// Output:
	// true <nil>
	// false invalid task: priority is 9; allowed are 1 (first) to 5 (last)
}

// A task that failed is enqueued again, as a new one.
func ExampleClient_Rerun() {
	ctx := context.Background()
	broken := true
	registry := taskqueue.NewRegistry()
	err := taskqueue.Register(registry, func(_ context.Context, g Greet) (task.Report, error) {
		if broken {
			return task.Error("the microphone is off"), nil
		}
		return task.Success("Hello, %s!", g.Name), nil
	})
	if err != nil {
		log.Fatal(err)
	}
	client, err := taskqueue.New(taskqueue.Config{
		Temporal: exampletest.Connect(), Actions: registry, Queues: []taskqueue.Queue{{Name: "example-rerun"}},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer exampletest.Work(client)()
	created, err := client.Enqueue(ctx, Greet{Name: "Ada"}, "Greet Ada")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(exampletest.Await(client, created.ID).Status)
	broken = false
	again, err := client.Rerun(ctx, created.ID, &taskqueue.Options{Owner: "jane"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(exampletest.Await(client, again.ID).Status, again.Label, "for", again.Owner)
	// Output:
	// failed
	// completed Greet Ada for jane
}
