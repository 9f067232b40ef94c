package taskqueue_test

import (
	"context"
	"fmt"
	"log"
	"time"

	taskqueue "github.com/distributed-task-queue/taskqueue"
	"github.com/distributed-task-queue/taskqueue/internal/exampletest"
	"github.com/distributed-task-queue/taskqueue/task"
)

// Touch is the parameters of the action "cache.touch".
type Touch struct {
	Key string `json:"key"`
}

func (Touch) Action() string { return "cache.touch" }

func (Touch) Policy() task.Policy { return task.Policy{Attempts: 3, Fast: true, Timeout: time.Second} }

// A short, idempotent action, which the worker that has the task's workflow runs itself, without a way through the server.
func ExampleRegister_fast() {
	registry := taskqueue.NewRegistry()
	err := taskqueue.Register(registry, func(_ context.Context, t Touch) (task.Report, error) {
		return task.Success("touched %s", t.Key), nil
	})
	if err != nil {
		log.Fatal(err)
	}
	client, err := taskqueue.New(taskqueue.Config{
		Temporal: exampletest.Connect(), Actions: registry, Queues: []taskqueue.Queue{{Name: "example-fast"}},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer exampletest.Work(client)()
	created, err := client.Enqueue(context.Background(), Touch{Key: "front page"}, "Keep the front page warm")
	if err != nil {
		log.Fatal(err)
	}
	ended := exampletest.Await(client, created.ID)
	fmt.Println(ended.Status, "after", ended.Attempts, "attempt:", ended.Report.Children[0].Message)
	fmt.Println(task.Policy{Fast: true}.Validate())
	// Output:
	// completed after 1 attempt: touched front page
	// invalid task: policy.fast is set, but attempts are 1; only an idempotent action, with 2 attempts or more, can be fast
}
