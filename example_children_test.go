package taskqueue_test

import (
	"context"
	"fmt"
	"log"

	taskqueue "github.com/distributed-task-queue/taskqueue"
	"github.com/distributed-task-queue/taskqueue/internal/exampletest"
	"github.com/distributed-task-queue/taskqueue/task"
)

// GreetAll is the parameters of the action "greet.all", which enqueues a task for each name.
type GreetAll struct {
	Names []string `json:"names"`
}

// Action names the action.
func (GreetAll) Action() string { return "greet.all" }

// An action that enqueues children of its own task. The task is done when they are.
func ExampleTaskID() {
	ctx := context.Background()
	registry := taskqueue.NewRegistry()
	client, err := taskqueue.New(taskqueue.Config{
		Temporal: exampletest.Connect(), Actions: registry, Queues: []taskqueue.Queue{{Name: "example-children"}},
	})
	if err != nil {
		log.Fatal(err)
	}
	err = taskqueue.Register(registry, func(_ context.Context, g Greet) (task.Report, error) {
		return task.Success("Hello, %s!", g.Name), nil
	})
	if err != nil {
		log.Fatal(err)
	}
	err = taskqueue.Register(registry, func(ctx context.Context, all GreetAll) (task.Report, error) {
		for _, name := range all.Names {
			child := &taskqueue.Options{ParentID: taskqueue.TaskID(ctx)}
			if _, err := client.CreateTask(ctx, "greet", Greet{Name: name}, "Greet "+name, child); err != nil {
				return task.Report{}, err
			}
		}
		return task.Success("greetings are on their way"), nil
	})
	if err != nil {
		log.Fatal(err)
	}
	defer exampletest.Work(client)()

	created, err := client.CreateTask(ctx, "greet.all", GreetAll{Names: []string{"Ada", "Grace"}}, "Greet all", &taskqueue.Options{Owner: "jane"})
	if err != nil {
		log.Fatal(err)
	}
	exampletest.Await(client, created.ID)
	tree, err := client.TaskLog().Tree(ctx, created.ID)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(tree.Entity.Label, "is", tree.Entity.Status)
	for _, child := range tree.Children {
		fmt.Println("  "+child.Entity.Label, "for", child.Entity.Owner, "is", child.Entity.Status)
	}
	// Output:
	// Greet all is completed
	//   Greet Ada for jane is completed
	//   Greet Grace for jane is completed
}
