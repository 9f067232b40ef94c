// Command go enqueues the import of a sample, waits until it is done and prints its report.
package main

import (
	"cmp"
	"context"
	"fmt"
	"log"
	"os"
	"os/signal"
	"strings"

	"github.com/google/uuid"

	"github.com/distributed-task-queue/taskqueue/api/apiclient"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx); err != nil {
		log.Fatal(err) //nolint:gocritic // the process ends anyway
	}
}

func run(ctx context.Context) error {
	var options []apiclient.ClientOption
	if key := os.Getenv("TASKQUEUE_API_KEY"); key != "" {
		options = append(options, apiclient.WithCredential(key))
	}
	client, err := apiclient.New(cmp.Or(os.Getenv("TASKQUEUE_API_URL"), "http://127.0.0.1:8080"), options...)
	if err != nil {
		return err
	}
	// With the key this may be sent again when the answer was lost: there will be one task.
	created, err := client.CreateTaskWithResponse(ctx, &apiclient.CreateTaskParams{IdempotencyKey: new(uuid.NewString())}, apiclient.NewTask{
		Action: "csv.import", Parameters: apiclient.JSON(`{"sample": true}`), Label: "Import the sample",
	})
	if err != nil {
		return err
	}
	done, err := client.AwaitTask(ctx, created.JSON201.ID)
	if err != nil {
		return err
	}
	fmt.Println(done.StatusLabel)
	if done.Report != nil {
		show(*done.Report, 1)
	}
	if done.Status != apiclient.TaskStatusCompleted {
		return fmt.Errorf("task %s is %s", done.ID, done.Status)
	}
	return nil
}

// show prints a report with its children indented below it.
func show(r apiclient.Report, depth int) {
	fmt.Printf("%s%s: %s\n", strings.Repeat("  ", depth), r.Type, r.Message)
	for _, child := range r.Children {
		show(child, depth+1)
	}
}
