package taskqueuetest

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	taskqueue "github.com/distributed-task-queue/taskqueue"
	"github.com/distributed-task-queue/taskqueue/activities"
	"github.com/distributed-task-queue/taskqueue/task"
)

// Enqueued is a recorded task with its typed parameters.
type Enqueued[P taskqueue.Args] struct {
	Task *task.Task
	Args P
}

// RequireEnqueued fails the test unless exactly one task of P's action is as wanted and has parameters that satisfy every
// condition. It returns that task.
func RequireEnqueued[P taskqueue.Args](t testing.TB, recorder *Recorder, want Want, conditions ...func(P) bool) Enqueued[P] {
	t.Helper()
	found := requireOne(t, recorder, typed(&want, conditions))
	args, err := activities.Decode[P](found.Parameters)
	if err != nil {
		t.Fatalf("%s: %v", found, err)
	}
	return Enqueued[P]{Task: found, Args: args}
}

// RequireNotEnqueued fails the test if a task of P's action is as wanted and has parameters that satisfy every condition.
func RequireNotEnqueued[P taskqueue.Args](t testing.TB, recorder *Recorder, want Want, conditions ...func(P) bool) {
	t.Helper()
	requireNone(t, recorder, typed(&want, conditions))
}

// RequireTaskEnqueued fails the test unless exactly one task of any action is as wanted. It returns that task.
func RequireTaskEnqueued(t testing.TB, recorder *Recorder, want Want) *task.Task {
	t.Helper()
	return requireOne(t, recorder, want.mismatch)
}

// RequireNoTaskEnqueued fails the test if a task of any action is as wanted; with the zero Want, if there is any task.
func RequireNoTaskEnqueued(t testing.TB, recorder *Recorder, want Want) {
	t.Helper()
	requireNone(t, recorder, want.mismatch)
}

// RequireManyEnqueued fails the test unless the tasks of the actions that wants name are as wanted, one by one, in the order in which
// they were enqueued. Tasks of other actions do not matter. It returns the tasks.
func RequireManyEnqueued(t testing.TB, recorder *Recorder, wants ...Want) []*task.Task {
	t.Helper()
	actions := make([]string, len(wants))
	for i, want := range wants {
		if want.Action == "" {
			t.Fatalf("RequireManyEnqueued: Want.Action of task %d is empty; name the action", i)
		}
		actions[i] = want.Action
	}
	recorded := recorder.Tasks()
	tasks := slices.DeleteFunc(slices.Clone(recorded), func(t *task.Task) bool { return !slices.Contains(actions, t.Action) })
	for i, want := range wants[:min(len(wants), len(tasks))] {
		if reason := want.mismatch(tasks[i]); reason != "" {
			t.Fatalf("task %d is not as wanted: %s; enqueued were:%s", i, reason, list(recorded, nil))
		}
	}
	if len(tasks) != len(wants) {
		t.Fatalf("%d tasks of these actions were enqueued, not %d; enqueued were:%s", len(tasks), len(wants), list(recorded, nil))
	}
	return tasks
}

// mismatch says why a task is not the one that is looked for; "" if it is.
type mismatch func(*task.Task) string

// typed adds to want that a task is of P's action and satisfies the conditions.
func typed[P taskqueue.Args](want *Want, conditions []func(P) bool) mismatch {
	var zero P
	want.Action = zero.Action()
	return func(t *task.Task) string {
		if reason := want.mismatch(t); reason != "" || len(conditions) == 0 {
			return reason
		}
		args, err := activities.Decode[P](t.Parameters)
		if err != nil {
			return err.Error()
		}
		for i, condition := range conditions {
			if !condition(args) {
				return fmt.Sprintf("condition %d is not satisfied", i)
			}
		}
		return ""
	}
}

func requireOne(t testing.TB, recorder *Recorder, wanted mismatch) *task.Task {
	t.Helper()
	tasks := recorder.Tasks()
	var found []*task.Task
	for _, candidate := range tasks {
		if wanted(candidate) == "" {
			found = append(found, candidate)
		}
	}
	if len(found) != 1 {
		t.Fatalf("%d tasks are as wanted, not 1; enqueued were:%s", len(found), list(tasks, wanted))
	}
	return found[0]
}

func requireNone(t testing.TB, recorder *Recorder, wanted mismatch) {
	t.Helper()
	tasks := recorder.Tasks()
	if slices.ContainsFunc(tasks, func(t *task.Task) bool { return wanted(t) == "" }) {
		t.Fatalf("a task was enqueued that must not be; enqueued were:%s", list(tasks, wanted))
	}
}

// list returns one line for each task, with why it is not the one that is looked for.
func list(tasks []*task.Task, wanted mismatch) string {
	if len(tasks) == 0 {
		return " none"
	}
	var b strings.Builder
	for _, t := range tasks {
		fmt.Fprintf(&b, "\n  %s", describe(t))
		if wanted == nil {
			continue
		}
		if reason := wanted(t); reason != "" {
			fmt.Fprintf(&b, "\n    not as wanted: %s", reason)
		} else {
			b.WriteString("\n    as wanted")
		}
	}
	return b.String()
}
