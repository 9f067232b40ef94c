package taskqueuetest

import (
	"cmp"
	"testing"

	taskqueue "github.com/distributed-task-queue/taskqueue"
)

// Run runs the action of the typed parameters once, as a worker would run a task for it. The task's owner, id and so on come from args
// that embed taskqueue.Options. An action that is not registered, or a task that could not be enqueued, fails the test; whatever the
// action does is in the result.
func Run(t testing.TB, registry *taskqueue.Registry, args taskqueue.Args) Result {
	t.Helper()
	var options taskqueue.Options
	if holder, ok := args.(interface{ TaskOptions() taskqueue.Options }); ok {
		options = holder.TaskOptions()
	}
	return RunAction(t, registry, args.Action(), args, &options)
}

// RunAction is Run for an action by its name. The parameters are anything that encodes to JSON; json.RawMessage is taken as it is. The
// options may be nil.
func RunAction(t testing.TB, registry *taskqueue.Registry, action string, parameters any, options *taskqueue.Options) Result {
	t.Helper()
	var o taskqueue.Options
	if options != nil {
		o = *options
	}
	// It does not know the action: what that says of its queue and its category does not matter to a worker.
	enqueuer, recorder := NewClient(t, taskqueue.Config{Queues: []taskqueue.Queue{{Name: cmp.Or(o.Queue, taskqueue.DefaultQueue)}}})
	created, err := enqueuer.CreateTask(t.Context(), action, parameters, "", &o)
	if err != nil {
		t.Fatalf("taskqueuetest: enqueue action %q: %v", action, err)
	}
	r := &run{task: recorder.entries[0].task, registry: registry, once: true}
	if err := r.toItsEnd(t); err != nil {
		t.Fatalf("taskqueuetest: run %s: %v", created, err)
	}
	return r.result
}
