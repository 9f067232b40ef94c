package command_test

import (
	"context"
	"fmt"
	"log"

	taskqueue "github.com/distributed-task-queue/taskqueue"
	"github.com/distributed-task-queue/taskqueue/actions/command"
)

// Tasks may run one program, with arguments of one form.
func Example() {
	registry := taskqueue.NewRegistry()
	err := command.Register(registry, command.Config{Programs: map[string]command.Program{
		"say": {Path: "/bin/echo", ArgPatterns: []string{"[a-z]+"}},
	}})
	if err != nil {
		log.Fatal(err)
	}
	action, _ := registry.Lookup(command.Name) // a worker looks it up for a task
	report, err := action.Run(context.Background(), []byte(`{"program": "say", "args": ["hello"]}`))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(report.Status(), ": ", report.Data.(command.Output).Stdout)
	_, err = action.Run(context.Background(), []byte(`{"program": "say", "args": ["--help"]}`))
	fmt.Println("refused:", err != nil)
	// Output:
	// completed: hello
	// refused: true
}
