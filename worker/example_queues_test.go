package worker_test

import (
	"context"
	"fmt"
	"log"
	"sync/atomic"

	"go.temporal.io/sdk/client"

	taskqueue "github.com/distributed-task-queue/taskqueue"
	"github.com/distributed-task-queue/taskqueue/internal/exampletest"
	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/worker"
)

// Convert is the parameters of the action "convert", which takes long.
type Convert struct{}

// Action names the action.
func (Convert) Action() string { return "convert" }

// One of three permits is kept for urgent tasks: however many others there are, they never make an urgent one wait.
func ExampleQueue_reserved() {
	ctx := context.Background()
	var converting atomic.Int32
	converted := make(chan struct{})
	registry := taskqueue.NewRegistry()
	err := taskqueue.Register(registry, func(context.Context, Convert) (task.Report, error) {
		converting.Add(1)
		<-converted
		return task.Success("converted"), nil
	})
	if err != nil {
		log.Fatal(err)
	}
	err = taskqueue.Register(registry, func(context.Context, Count) (task.Report, error) { return task.Success("counted"), nil })
	if err != nil {
		log.Fatal(err)
	}
	batch, urgent := exampletest.Unique("example-batch"), exampletest.Unique("example-urgent")
	c, err := taskqueue.New(taskqueue.Config{
		Temporal: exampletest.Connect(), Actions: registry, Queues: []taskqueue.Queue{{Name: batch, Weight: 9}, {Name: urgent, Reserved: 1}},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer exampletest.WorkWith(c, worker.Config{Concurrency: 3})()
	var last task.ID
	for range 4 {
		created, err := c.CreateTask(ctx, "convert", nil, "Convert", &taskqueue.Options{Queue: batch})
		if err != nil {
			log.Fatal(err)
		}
		last = created.ID
	}
	exampletest.Until(func() bool { return converting.Load() == 2 })
	created, err := c.CreateTask(ctx, "count", nil, "Count", &taskqueue.Options{Queue: urgent})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("the urgent task is", exampletest.Await(c, created.ID).Status, "while", converting.Load(), "of 4 others run")
	close(converted)
	fmt.Println("the last of the others is", exampletest.Await(c, last).Status)
	// Output:
	// the urgent task is completed while 2 of 4 others run
	// the last of the others is completed
}

// A worker of a version gets tasks when that version is made the current one, which `taskctl deployment set-current v1 --name shop` does as well.
func ExampleDeployment() {
	ctx := context.Background()
	connection := exampletest.Connect()
	registry := taskqueue.NewRegistry()
	err := taskqueue.Register(registry, func(context.Context, Count) (task.Report, error) { return task.Success("counted by v1"), nil })
	if err != nil {
		log.Fatal(err)
	}
	c, err := taskqueue.New(taskqueue.Config{
		Temporal: connection, Actions: registry, Queues: []taskqueue.Queue{{Name: exampletest.Unique("example-versions")}},
	})
	if err != nil {
		log.Fatal(err)
	}
	version := worker.Deployment{Name: exampletest.Unique("shop"), BuildID: "v1"} // yours is the application's name, and a release or commit
	defer exampletest.WorkWith(c, worker.Config{Deployment: version})()
	created, err := c.Enqueue(ctx, Count{}, "")
	if err != nil {
		log.Fatal(err)
	}
	shop := connection.WorkerDeploymentClient().GetHandle(version.Name)
	exampletest.Until(func() bool { // it is refused until the version's workers have asked for tasks
		_, err := shop.SetCurrentVersion(ctx, client.WorkerDeploymentSetCurrentVersionOptions{BuildID: version.BuildID})
		return err == nil
	})
	fmt.Println(exampletest.Await(c, created.ID).Report.Children[0].Message)
	fmt.Println(worker.Deployment{Name: "shop"}.Validate())
	// Output:
	// counted by v1
	// buildId is empty; deployment "shop" needs one, such as the release or the commit that was built
}
