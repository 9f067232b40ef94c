package apiclient_test

import (
	"context"
	"fmt"
	"log"

	"github.com/distributed-task-queue/taskqueue/api/apiclient"
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
