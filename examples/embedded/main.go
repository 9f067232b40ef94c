// Command embedded is an application that has the task queue in it: it enqueues a mail, runs it with a worker of its own, and looks into
// the task log.
//
//	go run ./cmd/standalone --services=temporal   # or a server of your own, after `taskctl init`
//	go run ./examples/embedded
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/envconfig"

	"github.com/distributed-task-queue/taskqueue"
	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/worker"
)

func main() {
	if err := start(); err != nil {
		log.Fatal(err)
	}
}

func start() error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	options, err := envconfig.LoadDefaultClientOptions() // TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TLS, API key, profiles
	if err != nil {
		return err
	}
	return run(ctx, options, os.Stdout)
}

// WelcomeMail is the parameters of the action "mail.welcome".
type WelcomeMail struct {
	UserID int    `json:"userId"`
	To     string `json:"to"`
}

// Action names the action.
func (WelcomeMail) Action() string { return "mail.welcome" }

// Policy lets the action be tried again; without it an action is started at most once.
func (WelcomeMail) Policy() task.Policy {
	return task.Policy{Attempts: 5, Backoff: 10 * time.Second, Timeout: time.Minute}
}

func sendWelcomeMail(_ context.Context, m WelcomeMail) (task.Report, error) {
	return task.Success("welcomed %s", m.To), nil
}

func run(ctx context.Context, options client.Options, out io.Writer) (err error) {
	connection, err := client.DialContext(ctx, options)
	if err != nil {
		return err
	}
	defer connection.Close()

	actions := taskqueue.NewRegistry()
	if err := taskqueue.Register(actions, sendWelcomeMail); err != nil {
		return err
	}
	queue, err := taskqueue.New(taskqueue.Config{
		Temporal: connection, Namespace: options.Namespace, Actions: actions,
		Queues: []taskqueue.Queue{{Name: "critical", Weight: 6}, {Name: "mail", Weight: 3}, {Name: "low", Weight: 1}},
		// Where the tasks of actions go that name no queue themselves.
		Associations: map[string]string{"mail.welcome": "mail"},
	})
	if err != nil {
		return err
	}

	w, err := queue.NewWorker(worker.Config{Concurrency: 10})
	if err != nil {
		return err
	}
	working, stop := context.WithCancel(ctx)
	stopped := make(chan error, 1)
	go func() { stopped <- w.Run(working) }()
	defer func() {
		stop() // lets what runs end
		err = errors.Join(err, <-stopped)
	}()

	created, err := queue.Enqueue(ctx, WelcomeMail{UserID: 42, To: "ada@example.org"}, "Welcome mail for Ada")
	if err != nil {
		return err
	}
	for {
		entity, err := queue.TaskLog().Get(ctx, created.ID)
		if err != nil {
			return err
		}
		if entity.Status.Closed() {
			_, err := fmt.Fprintf(out, "%s: %s on %s\n%s\n", entity.Label, entity.Status, entity.Queue, entity.Report.Children[0])
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
}
