package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/temporal"

	taskqueue "github.com/distributed-task-queue/taskqueue"
	"github.com/distributed-task-queue/taskqueue/api"
	"github.com/distributed-task-queue/taskqueue/internal/app"
	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/tasklog"
)

func (p *program) enqueueCommand() *cobra.Command {
	var (
		t    taskFlags
		wait bool
		file string
	)
	c := &cobra.Command{
		Use: "enqueue ACTION | --file FILE", Short: "Enqueue a task, or one for each line of a file",
		Args: func(c *cobra.Command, args []string) error {
			if file == "" {
				return cobra.ExactArgs(1)(c, args)
			}
			return onlyFile(c, args)
		},
		Example: `  taskctl enqueue http.request --params '{"url": "https://example.com"}' --wait
  taskctl enqueue csv.import --params @import.json --label "Monday's import" --owner jane
  taskctl enqueue --file tasks.jsonl   # lines such as {"action": "csv.import", "parameters": {"file": "a.csv"}, "delay": "5m"}`,
		RunE: func(c *cobra.Command, args []string) error {
			if file != "" {
				return p.connected(c.Context(), func(a *app.App) error { return p.enqueueFile(c.Context(), a, file) })
			}
			if args[0] == "" {
				return usagef("ACTION is empty; name the action to run")
			}
			raw, err := readParameters(t.parameters, p.In)
			if err != nil {
				return err
			}
			wanted := taskqueue.NewTask{Action: args[0], Parameters: raw, Label: t.label, Options: &t.options}
			return p.connected(c.Context(), func(a *app.App) error { return p.enqueueOne(c.Context(), a, wanted, wait) })
		},
	}
	flags := c.Flags()
	t.bind(flags)
	flags.StringVar(&t.options.Queue, "queue", "", "the queue to wait in (default: the dispatcher chooses it)")
	flags.DurationVar(&t.options.Delay, "delay", 0, "how long to wait before the task may start, as in 90s or 1h30m")
	flags.IntVar(&t.options.Priority, "priority", 0, "place inside the queue, from 1 (first) to 5 (last) (default 3)")
	flags.StringVar(&t.options.IdempotencyKey, "idempotency-key", "", "enqueue once, however often this is run with the same key and the same task")
	flags.StringVar(&file, "file", "", "enqueue the task of each line, JSON as POST /api/v1/tasks takes it; - for standard input")
	flags.BoolVar(&wait, "wait", false, "wait until the task is done; exit with 1 if it has not completed")
	return c
}

// onlyFile refuses whatever else is given with --file.
func onlyFile(c *cobra.Command, args []string) error {
	others := len(args)
	c.LocalNonPersistentFlags().VisitAll(func(f *pflag.Flag) {
		if f.Changed && f.Name != "file" {
			others++
		}
	})
	if others > 0 {
		return usagef("--file goes with no ACTION and no other flag; each line says everything of its task")
	}
	return nil
}

// enqueueOne enqueues a task, and prints it as it is then, or when it is done.
func (p *program) enqueueOne(ctx context.Context, a *app.App, wanted taskqueue.NewTask, wait bool) error {
	t, err := a.Client.CreateTask(ctx, wanted.Action, wanted.Parameters, wanted.Label, wanted.Options)
	if err != nil {
		return err
	}
	if wait {
		if err := awaitTask(ctx, a, t.ID, t.Queue); err != nil {
			return err
		}
		return p.printEnded(ctx, a, t.ID)
	}
	return p.printCreated(ctx, a, t)
}

// taskFlags are what the flags say of a new task, however it is run.
type taskFlags struct {
	options    taskqueue.Options
	parameters string
	label      string
}

func (t *taskFlags) bind(flags *pflag.FlagSet) {
	flags.StringVar(&t.parameters, "params", "", "the action's parameters: JSON, @FILE, or - for standard input (default {})")
	flags.StringVar(&t.label, "label", "", "what people call this task")
	flags.StringVar(&t.options.Owner, "owner", "", "who the task belongs to (default: owner of the configuration)")
	flags.StringVar((*string)(&t.options.Category), "category", "", fmt.Sprintf("one of %v", task.Categories()))
	flags.StringVar((*string)(&t.options.ParentID), "parent", "", "the task that this one is a child of")
	flags.StringVar((*string)(&t.options.ID), "id", "", "an id that no task has yet (default: a new one)")
	flags.BoolVar(&t.options.Master, "master", false, "the task's status is its own business, whatever its children do")
}

// printCreated prints a task that has just been enqueued. As long as it waits in a store for a relay, the log does not have it.
func (p *program) printCreated(ctx context.Context, a *app.App, t *task.Task) error {
	e, err := a.Client.TaskLog().Get(ctx, t.ID)
	if _, missing := errors.AsType[*tasklog.NotFoundError](err); missing && isStored(a, t.Queue) {
		return p.printEntity(ctx, a, api.Enqueued(t))
	}
	if err != nil {
		return fmt.Errorf("task %s is enqueued, but cannot be read: %w", t.ID, err)
	}
	return p.printEntity(ctx, a, e)
}

// printEnded prints a task that has ended, and fails if it has not completed.
func (p *program) printEnded(ctx context.Context, a *app.App, id task.ID) error {
	e, err := a.Client.TaskLog().Get(ctx, id)
	if err != nil {
		return fmt.Errorf("task %s has ended, but cannot be read: %w", id, err)
	}
	if err := p.printEntity(ctx, a, e); err != nil {
		return err
	}
	if e.Status != task.Completed {
		return errTold
	}
	return nil
}

// readParameters returns what --params says.
func readParameters(given string, stdin io.Reader) (json.RawMessage, error) {
	var raw []byte
	var err error
	switch file, isFile := strings.CutPrefix(given, "@"); {
	case given == "-":
		if raw, err = io.ReadAll(stdin); err != nil {
			return nil, fmt.Errorf("--params: read standard input: %w", err)
		}
	case isFile:
		if raw, err = os.ReadFile(file); err != nil { //nolint:gosec // the file that the user names
			return nil, usagef("--params: %v", err)
		}
	default:
		raw = []byte(given)
	}
	encoded, err := task.EncodeParameters(raw)
	if err != nil {
		return nil, usagef("--params: %v", err)
	}
	return encoded, nil
}

// isStored reports whether a relay brings the queue's tasks to Temporal.
func isStored(a *app.App, queue string) bool {
	_, err := a.Client.StoreOf(queue)
	return err == nil
}

// relayPoll is how often a task is looked for that waits for a relay.
const relayPoll = 200 * time.Millisecond

// awaitTask returns when the task of this queue has ended, however it has.
func awaitTask(ctx context.Context, a *app.App, id task.ID, queue string) error {
	for {
		err := a.Temporal.GetWorkflow(ctx, string(id), "").Get(ctx, nil)
		if _, ended := errors.AsType[*temporal.WorkflowExecutionError](err); err == nil || ended {
			return nil
		}
		if _, missing := errors.AsType[*serviceerror.NotFound](err); !missing || !isStored(a, queue) {
			return fmt.Errorf("wait for task %s: %w", id, err)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for a relay to take task %s: %w", id, ctx.Err())
		case <-time.After(relayPoll):
		}
	}
}
