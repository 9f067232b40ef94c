package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"github.com/distributed-task-queue/taskqueue/internal/app"
	"github.com/distributed-task-queue/taskqueue/internal/config"
	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/tasklog"
)

func (p *program) runCommand() *cobra.Command {
	var t taskFlags
	c := &cobra.Command{
		Use: "run ACTION", Short: "Run a task at once, in this process", Args: cobra.ExactArgs(1),
		Long: `Run a task at once, in this process and with no queue before it, and show it when it is done; exit with 1 if it has not completed. The task is
in the task log like any other. The action must be one that this program has: http.request, or command if programs are configured.`,
		Example: `  taskctl run http.request --params '{"url": "https://example.com"}'`,
		RunE: func(c *cobra.Command, args []string) error {
			raw, err := readParameters(t.parameters, p.In)
			if err != nil {
				return err
			}
			// Nobody else serves a queue of this name.
			queue := "taskctl-run-" + uuid.NewString()
			alone := func(c *config.Config) {
				c.Queues, c.DefaultQueue, c.Associations = []config.Queue{{Name: queue}}, "", nil
				c.Worker.Concurrency, c.Worker.Limits = 1, config.Default().Worker.Limits
			}
			return p.connectedAs(c.Context(), alone, func(a *app.App) error {
				if _, known := a.Client.Actions().Lookup(args[0]); !known {
					return usagef("this program cannot run %q, only %s; `taskctl enqueue --wait` has a worker run it", args[0], strings.Join(a.Client.Actions().Names(), ", "))
				}
				created, err := a.Client.CreateTask(c.Context(), args[0], raw, t.label, &t.options)
				if err != nil {
					return err
				}
				if err := runHere(c.Context(), a, created.ID); err != nil {
					return fmt.Errorf("run task %s: %w", created.ID, err)
				}
				return p.printEnded(c.Context(), a, created.ID)
			})
		},
	}
	t.bind(c.Flags())
	return c
}

// runHere runs a worker of this process until the task has ended.
func runHere(ctx context.Context, a *app.App, id task.ID) error {
	w, err := a.NewWorker("", 0)
	if err != nil {
		return err
	}
	working, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() {
		defer stop() // without a worker there is nothing to wait for
		ended <- w.Run(working)
	}()
	err = awaitTask(working, a, id, "")
	stop()
	err = errors.Join(err, <-ended)
	if err == nil {
		return nil
	}
	// If it has not been started, nobody ever will.
	_, cancelled := a.Client.TaskLog().Cancel(context.WithoutCancel(ctx), id, tasklog.ControlOptions{})
	if _, begun := errors.AsType[*tasklog.NotEligibleError](cancelled); begun {
		cancelled = nil
	}
	return errors.Join(err, cancelled)
}
