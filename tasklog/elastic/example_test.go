package elastic_test

import (
	"context"
	"log"

	"go.temporal.io/sdk/client"

	taskqueue "github.com/distributed-task-queue/taskqueue"
	"github.com/distributed-task-queue/taskqueue/tasklog/elastic"
)

// A client whose lists come from the index that the server of Temporal keeps in Elasticsearch.
func Example() { //nolint:testableexamples // it needs Elasticsearch with the index of a Temporal server
	connection, err := client.Dial(client.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer connection.Close()
	index, err := elastic.Open(context.Background(), elastic.Config{
		Client:     connection,
		Connection: elastic.Connection{Addresses: []string{"https://search.example.com:9200"}, APIKey: "…"},
	})
	if err != nil {
		log.Fatal(err)
	}
	if _, err := taskqueue.New(taskqueue.Config{Temporal: connection, TaskLog: index}); err != nil {
		log.Fatal(err)
	}
}
