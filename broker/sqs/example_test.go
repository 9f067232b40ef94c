package sqs_test

import (
	"context"
	"log"

	"go.temporal.io/sdk/client"

	taskqueue "github.com/distributed-task-queue/taskqueue"
	"github.com/distributed-task-queue/taskqueue/broker"
	"github.com/distributed-task-queue/taskqueue/broker/sqs"
)

// A queue whose tasks wait in Amazon SQS for a relay.
func Example() { //nolint:testableexamples // it needs Amazon SQS
	ctx := context.Background()
	service, err := sqs.Open(ctx, sqs.Connection{Region: "eu-west-1"})
	if err != nil {
		log.Fatal(err)
	}
	exports, err := sqs.New(sqs.Config{Client: service, Order: broker.ByOwner})
	if err != nil {
		log.Fatal(err)
	}
	connection, err := client.Dial(client.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer connection.Close()
	tasks, err := taskqueue.New(taskqueue.Config{Temporal: connection, Queues: []taskqueue.Queue{{Name: "exports", Broker: exports}}})
	if err != nil {
		log.Fatal(err)
	}
	if err := tasks.Initialize(ctx); err != nil { // makes TQ_exports.fifo and its dead-letter queue
		log.Fatal(err)
	}
	if _, err := tasks.CreateTask(ctx, "csv.export", map[string]string{"table": "cities"}, "Export the cities", nil); err != nil {
		log.Fatal(err)
	}
	relay, err := tasks.NewRelay(taskqueue.RelayConfig{Queues: []string{"exports"}})
	if err != nil {
		log.Fatal(err)
	}
	if err := relay.Run(ctx); err != nil { // until ctx ends
		log.Fatal(err)
	}
}
