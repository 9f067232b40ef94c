package api_test

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"

	"github.com/distributed-task-queue/taskqueue"
	"github.com/distributed-task-queue/taskqueue/api"
	"github.com/distributed-task-queue/taskqueue/internal/exampletest"
)

// The REST API and the dashboard as a part of a program's own server.
func Example() {
	client, err := taskqueue.New(taskqueue.Config{Temporal: exampletest.Connect(), Queues: []taskqueue.Queue{{Name: "example-api"}}})
	if err != nil {
		log.Fatal(err)
	}
	server, err := api.New(api.Config{Client: client, Logger: exampletest.Quiet()})
	if err != nil {
		log.Fatal(err)
	}
	// Or server.ListenAndServe(ctx, "127.0.0.1:8080"). Without an Authenticator only this machine is let in.
	listening := httptest.NewServer(server.Handler())
	defer listening.Close()

	answer, err := http.Get(listening.URL + "/api/v1/tasks/no-such-task")
	if err != nil {
		log.Fatal(err)
	}
	defer answer.Body.Close()
	problem, err := io.ReadAll(answer.Body)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(answer.StatusCode, answer.Header.Get("Content-Type"), len(problem) > 0)
	// Output:
	// 404 application/problem+json true
}
