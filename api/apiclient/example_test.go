package apiclient_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"time"

	"github.com/distributed-task-queue/taskqueue/api/apiclient"
	"github.com/distributed-task-queue/taskqueue/internal/exampletest"
)

func Example() {
	ctx := context.Background()
	client, err := apiclient.New(serverURL()) // such as http://127.0.0.1:8080
	if err != nil {
		log.Fatal(err)
	}
	// With an idempotency key the request can be sent again if its answer was lost.
	created, err := client.CreateTaskWithResponse(ctx, &apiclient.CreateTaskParams{IdempotencyKey: new("greet-ada")}, apiclient.NewTask{
		Action: "greet", Parameters: apiclient.JSON(`{"name": "Ada"}`), Label: "Greet Ada",
	})
	if err != nil {
		log.Fatal(err)
	}
	done, err := client.AwaitTask(ctx, created.JSON201.ID)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(done.Status, "with", done.Report.Children[0].Message)
	// Output: completed with hello Ada
}

// With an API key or a token.
func ExampleWithCredential() { //nolint:testableexamples // it needs a standalone
	ctx := context.Background()
	key := os.Getenv("TASKQUEUE_KEY")
	client, err := apiclient.New("http://127.0.0.1:8080", apiclient.WithCredential(key))
	if err != nil {
		log.Fatal(err)
	}
	created, err := client.CreateTaskWithResponse(ctx, nil, apiclient.NewTask{
		Action: "csv.import", Parameters: apiclient.JSON(`{"sample": true}`), Label: "Import the sample",
	})
	if err != nil {
		log.Fatal(err)
	}
	done, err := client.AwaitTask(ctx, created.JSON201.ID)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(done.Status)
}

// What a refusal looks like.
func ExampleProblemError() {
	client, err := apiclient.New(serverURL())
	if err != nil {
		log.Fatal(err)
	}
	_, err = client.CreateTaskWithResponse(context.Background(), nil, apiclient.NewTask{Action: "greet", Queue: "nowhere"})
	var refused *apiclient.ProblemError
	if !errors.As(err, &refused) {
		log.Fatal(err)
	}
	fmt.Println(refused.Problem.Status, refused.Problem.Type)
	fmt.Println(refused.Problem.Field, "-", refused.Problem.Detail)
	// Output:
	// 422 urn:taskqueue:problem:unknown-queue
	// queue - Queue "nowhere" does not exist. Existing queues: apiclient
}

// A search, the file of what it finds, and a bulk operation on it.
func ExampleClientWithResponses_SearchTasksWithResponse() {
	jane := exampletest.Unique("jane")
	ctx := context.Background()
	client, err := apiclient.New(serverURL())
	if err != nil {
		log.Fatal(err)
	}
	created, err := client.CreateTaskWithResponse(ctx, nil, apiclient.NewTask{
		Action: "greet", Parameters: apiclient.JSON(`{"name": "Grace"}`), Label: "Greet Grace", Owner: jane,
	})
	if err != nil {
		log.Fatal(err)
	}
	if _, err := client.AwaitTask(ctx, created.JSON201.ID); err != nil {
		log.Fatal(err)
	}
	search := apiclient.Search{
		Filters: apiclient.Filters{{Column: "owner", Op: "eq", Value: jane}, {Column: "status", Op: "in", Value: []string{"completed"}}},
		Text:    "grace", Limit: 10,
	}
	found, err := client.SearchTasksWithResponse(ctx, search)
	for err == nil && found.JSON200.Total == 0 { // the list is some seconds behind at most
		time.Sleep(50 * time.Millisecond)
		found, err = client.SearchTasksWithResponse(ctx, search)
	}
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(found.JSON200.Total, "found:", found.JSON200.Tasks[0].TaskLabel)

	file, err := client.DownloadTaskFile(ctx, created.JSON201.ID, nil)
	if err != nil {
		log.Fatal(err)
	}
	defer file.Body.Close()
	text, err := io.ReadAll(file.Body)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("its file:", string(text))
	archived, err := client.ArchiveTasksWithResponse(ctx, apiclient.Bulk{Ids: []string{created.JSON201.ID}})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(archived.JSON200.Changed, "archived")
	// Output:
	// 1 found: Greet Grace
	// its file: hello Grace
	// 1 archived
}
