package taskqueue_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"time"

	taskqueue "github.com/distributed-task-queue/taskqueue"
	"github.com/distributed-task-queue/taskqueue/internal/exampletest"
	"github.com/distributed-task-queue/taskqueue/task"
)

var ErrNoSuchAddress = errors.New("there is no such address")

// SendMail is the parameters of the action "mail.send".
type SendMail struct {
	taskqueue.Options `json:"-"` // owner, queue, delay … of this task, and their setters
	To                string     `json:"to"`
}

func (SendMail) Action() string          { return "mail.send" }
func (m SendMail) QueueName() string     { return "mail" }              // optional: chosen at run time
func (SendMail) Category() task.Category { return task.CategoryExport } // optional

func (SendMail) Policy() task.Policy {
	return task.Policy{
		Attempts: 5,                // more than 1 declares the action idempotent
		Backoff:  time.Second,      // before the second attempt; each further wait is twice as long
		Timeout:  30 * time.Second, // of one attempt: then the action's context ends
	}
}

func (SendMail) PermanentErrors() []error { return []error{ErrNoSuchAddress} } // not tried again

// An action with typed parameters, which choose the queue and the category of their tasks and say how often the action may be run.
func ExampleRegister() {
	deliver := func(_ context.Context, to string) error { // yours sends a mail
		if to == "nobody@example.org" {
			return ErrNoSuchAddress
		}
		return nil
	}
	registry := taskqueue.NewRegistry()
	err := taskqueue.Register(registry, func(ctx context.Context, m SendMail) (task.Report, error) {
		if err := deliver(ctx, m.To); err != nil {
			return task.Report{}, err
		}
		return task.Success("sent to %s", m.To), nil
	})
	if err != nil {
		log.Fatal(err)
	}

	ctx := context.Background()
	client, err := taskqueue.New(taskqueue.Config{
		Temporal: exampletest.Connect(), Actions: registry, Queues: []taskqueue.Queue{{Name: "default"}, {Name: "mail"}},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer exampletest.Work(client)()
	for _, to := range []string{"ada@example.org", "nobody@example.org"} {
		created, err := client.Enqueue(ctx, SendMail{To: to}, "Welcome mail")
		if err != nil {
			log.Fatal(err)
		}
		ended := exampletest.Await(client, created.ID)
		fmt.Println(ended.Queue, ended.Category, ended.Status, "after", ended.Attempts, "attempt:", ended.Report.Children[0].Message)
	}
	// Output:
	// mail export completed after 1 attempt: sent to ada@example.org
	// mail export failed after 1 attempt: there is no such address
}

// Charge is the parameters of the action "card.charge".
type Charge struct {
	Cents int `json:"cents"`
}

func (Charge) Action() string { return "card.charge" }

func (Charge) Policy() task.Policy { return task.Policy{Attempts: 5, Backoff: time.Hour} }

// A service that says when it wants to be asked again, and an error that asking again would not cure.
func ExampleRetryAfter() {
	ctx := context.Background()
	asked := 0
	registry := taskqueue.NewRegistry()
	err := taskqueue.Register(registry, func(context.Context, Charge) (task.Report, error) {
		if asked++; asked == 1 {
			return task.Report{}, taskqueue.RetryAfter(errors.New("the bank is busy"), 20*time.Millisecond)
		}
		return task.Report{}, taskqueue.Permanent(errors.New("the card has expired"))
	})
	if err != nil {
		log.Fatal(err)
	}
	client, err := taskqueue.New(taskqueue.Config{
		Temporal: exampletest.Connect(), Actions: registry, Queues: []taskqueue.Queue{{Name: "example-cards"}},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer exampletest.Work(client)()
	created, err := client.Enqueue(ctx, Charge{Cents: 999}, "Order 17")
	if err != nil {
		log.Fatal(err)
	}
	ended := exampletest.Await(client, created.ID)
	fmt.Println(ended.Status, "after", ended.Attempts, "of 5 attempts:", ended.Report.Children[0].Message)
	// Output:
	// failed after 2 of 5 attempts: the card has expired
}

// Convert is the parameters of the action "film.convert".
type Convert struct {
	Film string `json:"film"`
}

func (Convert) Action() string { return "film.convert" }

// What a running task tells of itself shows in the log, the REST API and the dashboard.
func ExampleProgress() {
	ctx := context.Background()
	seen := make(chan struct{})
	registry := taskqueue.NewRegistry()
	err := taskqueue.Register(registry, func(ctx context.Context, c Convert) (task.Report, error) {
		taskqueue.Progress(ctx, 40, "4 of 10 scenes")
		select {
		case <-seen: // yours converts the other scenes
		case <-ctx.Done():
			return task.Report{}, ctx.Err()
		}
		return task.Success("converted %s", c.Film).WithData("film.webm"), nil
	})
	if err != nil {
		log.Fatal(err)
	}
	client, err := taskqueue.New(taskqueue.Config{
		Temporal: exampletest.Connect(), Actions: registry, Queues: []taskqueue.Queue{{Name: "example-films"}},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer exampletest.Work(client)()
	created, err := client.Enqueue(ctx, Convert{Film: "Metropolis"}, "Convert Metropolis")
	if err != nil {
		log.Fatal(err)
	}
	exampletest.Until(func() bool {
		running, err := client.TaskLog().Get(ctx, created.ID)
		if err != nil {
			log.Fatal(err)
		}
		if running.Progress == nil {
			return false
		}
		fmt.Printf("%.0f %%: %s\n", running.Progress.Percent, running.Progress.Message)
		return true
	})
	close(seen)
	ended := exampletest.Await(client, created.ID)
	fmt.Println(ended.Status, "and left", ended.FileName())
	// Output:
	// 40 %: 4 of 10 scenes
	// completed and left film.webm
}

// An action without typed parameters, which says by itself what they look like.
func ExampleRegistry_add() {
	registry := taskqueue.NewRegistry()
	err := registry.Add(taskqueue.Action{
		Name:     "index.rebuild",
		Schema:   json.RawMessage(`{"type": "object", "properties": {"shards": {"type": "integer"}}}`), // for forms
		Policy:   task.Policy{Attempts: 3, Timeout: time.Minute},
		Category: func(json.RawMessage) (task.Category, error) { return task.CategoryUpdate, nil },
		Run: func(_ context.Context, parameters json.RawMessage) (task.Report, error) {
			return task.Success("rebuilt with %s", parameters), nil
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	action, known := registry.Lookup("index.rebuild") // a worker looks it up for a task
	report, err := action.Run(context.Background(), json.RawMessage(`{"shards": 4}`))
	fmt.Println(known, registry.Names(), report.Message, err)
	// Output:
	// true [index.rebuild] rebuilt with {"shards": 4} <nil>
}
