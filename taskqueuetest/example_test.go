package taskqueuetest_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	taskqueue "github.com/distributed-task-queue/taskqueue"
	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/taskqueuetest"
)

// Welcome is the parameters of the action "welcome".
type Welcome struct {
	taskqueue.Options `json:"-"`
	Name              string `json:"name"`
}

// Action names the action.
func (Welcome) Action() string { return "welcome" }

// Policy declares the action idempotent.
func (Welcome) Policy() task.Policy { return task.Policy{Attempts: 3} }

var errBusy = errors.New("the mail server is busy")

// registerWelcome registers the action with what it needs: a function that sends mail.
func registerWelcome(registry *taskqueue.Registry, send func(name string) error) error {
	return taskqueue.Register(registry, func(ctx context.Context, w Welcome) (task.Report, error) {
		taskqueue.Progress(ctx, 50, "writing")
		if err := send(w.Name); err != nil {
			return task.Report{}, taskqueue.RetryAfter(err, time.Minute)
		}
		return task.Success("welcomed %s", w.Name), nil
	})
}

// Invite is the parameters of the action "invite", which welcomes everybody.
type Invite struct {
	Names []string `json:"names"`
}

// Action names the action.
func (Invite) Action() string { return "invite" }

func registerInvite(registry *taskqueue.Registry, client *taskqueue.Client) error {
	return taskqueue.Register(registry, func(ctx context.Context, i Invite) (task.Report, error) {
		for _, name := range i.Names {
			child := Welcome{Name: name, Options: taskqueue.Options{ParentID: taskqueue.TaskID(ctx)}}
			if _, err := client.Enqueue(ctx, child, "Welcome "+name); err != nil {
				return task.Report{}, err
			}
		}
		return task.Success("invited %d", len(i.Names)), nil
	})
}

// signUp is application code that enqueues a task.
func signUp(ctx context.Context, client *taskqueue.Client, name string) error {
	_, err := client.Enqueue(ctx, Welcome{Name: name, Options: taskqueue.Options{Owner: name, Delay: time.Hour}}, "Welcome mail")
	return err
}

func Example() {
	t := outside{} // yours is the test's
	registry := taskqueue.NewRegistry()
	err := registerWelcome(registry, func(string) error { return errBusy })
	if err != nil {
		t.Fatalf("%v", err)
	}
	result := taskqueuetest.Run(t, registry, Welcome{Name: "Ada", Options: taskqueue.Options{ID: "42"}})
	fmt.Println(result.Status, errors.Is(result.Err, errBusy))
	fmt.Println(result.Report)
	fmt.Println("again:", result.Retry, "after", result.RetryAfter)
	fmt.Println(result.Progress)
	// Output:
	// failed true
	// error: Executing task 42 failed
	//   error: the mail server is busy
	// again: true after 1m0s
	// [{50 writing}]
}

func ExampleRunAction() {
	t := outside{} // yours is the test's
	registry := taskqueue.NewRegistry()
	err := registerWelcome(registry, func(string) error { return nil })
	if err != nil {
		t.Fatalf("%v", err)
	}
	result := taskqueuetest.RunAction(t, registry, "welcome", map[string]any{"nane": "Ada"}, nil)
	fmt.Println(result.Status, result.Err)
	// Output:
	// failed invalid task: parameters do not fit the action: json: unknown field "nane"
}

func ExampleRequireEnqueued() {
	t := outside{} // yours is the test's
	client, recorder := taskqueuetest.NewClient(t, taskqueue.Config{})
	if err := signUp(t.Context(), client, "ada"); err != nil {
		t.Fatalf("%v", err)
	}
	enqueued := taskqueuetest.RequireEnqueued(t, recorder,
		taskqueuetest.Want{Queue: "default", Owner: "ada", Label: "Welcome mail", Delay: time.Hour},
		func(w Welcome) bool { return w.Name == "ada" })
	taskqueuetest.RequireNotEnqueued[Invite](t, recorder, taskqueuetest.Want{})
	fmt.Println(enqueued.Args.Name, string(enqueued.Task.Parameters))
	// Output:
	// ada {"name":"ada"}
}

func ExampleRequireManyEnqueued() {
	t := outside{} // yours is the test's
	client, recorder := taskqueuetest.NewClient(t, taskqueue.Config{})
	for _, name := range []string{"ada", "bob"} {
		if err := signUp(t.Context(), client, name); err != nil {
			t.Fatalf("%v", err)
		}
	}
	tasks := taskqueuetest.RequireManyEnqueued(t, recorder,
		taskqueuetest.Want{Action: "welcome", Owner: "ada"},
		taskqueuetest.Want{Action: "welcome", Owner: "bob"})
	fmt.Println(len(tasks))
	// Output:
	// 2
}

func ExampleRecorder_RunAll() {
	t := outside{} // yours is the test's
	registry := taskqueue.NewRegistry()
	client, recorder := taskqueuetest.NewClient(t, taskqueue.Config{Actions: registry})
	err := errors.Join(
		registerWelcome(registry, func(string) error { return nil }),
		registerInvite(registry, client),
	)
	if err != nil {
		t.Fatalf("%v", err)
	}
	if _, err := client.Enqueue(t.Context(), Invite{Names: []string{"Ada", "Bob"}}, "Invite all"); err != nil {
		t.Fatalf("%v", err)
	}
	for _, result := range recorder.RunAll(t, registry) {
		fmt.Println(result.Task.Label, "is", result.Status, "with", result.Report.Children[0].Message)
	}
	// Output:
	// Invite all is completed with invited 2
	// Welcome Ada is completed with welcomed Ada
	// Welcome Bob is completed with welcomed Bob
}

// Render is the parameters of the action "film.render", which asks a render farm to do the work.
type Render struct {
	Film string `json:"film"`
}

// Action names the action.
func (Render) Action() string { return "film.render" }

// RemoteStatus asks the farm how far it is.
func (Render) RemoteStatus(context.Context, *task.Task) (task.Status, error) {
	return task.Completed, nil
}

// Work that is done elsewhere: the task is done when that is.
func ExampleRecorder_RunAll_remote() {
	t := outside{} // yours is the test's
	registry := taskqueue.NewRegistry()
	client, recorder := taskqueuetest.NewClient(t, taskqueue.Config{Actions: registry})
	err := taskqueue.Register(registry, func(_ context.Context, r Render) (task.Report, error) {
		return task.Info("%s is with the farm", r.Film), nil
	})
	if err != nil {
		t.Fatalf("%v", err)
	}
	if _, err := client.Enqueue(t.Context(), Render{Film: "Metropolis"}, "Render Metropolis"); err != nil {
		t.Fatalf("%v", err)
	}
	for _, result := range recorder.RunAll(t, registry) {
		fmt.Println(result.Task.Label, "is", result.Status)
	}
	// Output:
	// Render Metropolis is completed
}
