package activities_test

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/distributed-task-queue/taskqueue/activities"
	"github.com/distributed-task-queue/taskqueue/task"
)

type exportArgs struct {
	Path string `json:"path"`
	Big  bool   `json:"big"`
}

func (exportArgs) Action() string          { return "export" }
func (exportArgs) Category() task.Category { return task.CategoryExport }
func (a exportArgs) QueueName() string {
	if a.Big {
		return "slow"
	}
	return ""
}

func registered(t *testing.T) activities.Action {
	t.Helper()
	r := activities.NewRegistry()
	require.NoError(t, activities.Register(r, func(_ context.Context, a exportArgs) (task.Report, error) {
		return task.Success("wrote %s", a.Path), nil
	}))
	require.Equal(t, []string{"export"}, r.Names())
	action, ok := r.Lookup("export")
	require.True(t, ok)
	return action
}

func TestTypedActionGetsItsParameters(t *testing.T) {
	t.Parallel()
	report, err := registered(t).Run(t.Context(), json.RawMessage(`{"path":"a.csv"}`))
	require.NoError(t, err)
	require.Equal(t, "wrote a.csv", report.Message)
}

func TestParametersThatDoNotFitAreToldByName(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		`{"path":3}`:    "path",
		`{"file":"a"}`:  `unknown field "file"`,
		`{"path":"a"}x`: "more than one JSON value",
		`[]`:            "do not fit",
	} {
		_, err := registered(t).Run(t.Context(), json.RawMessage(raw))
		var invalid *task.InvalidError
		require.ErrorAs(t, err, &invalid, raw)
		require.ErrorContains(t, err, want)
	}
}

func TestTheActionIsAskedForItsQueueAndCategory(t *testing.T) {
	t.Parallel()
	action := registered(t)
	for raw, want := range map[string]string{`{"big":true}`: "slow", `{}`: ""} {
		queue, err := action.Queue(json.RawMessage(raw))
		require.NoError(t, err)
		require.Equal(t, want, queue)
	}
	category, err := action.Category(json.RawMessage(`{}`))
	require.NoError(t, err)
	require.Equal(t, task.CategoryExport, category)
	_, err = action.Queue(json.RawMessage(`{"bigger":true}`))
	require.Error(t, err)
}

func TestAPanicOfTheActionThatIsAskedIsAnError(t *testing.T) {
	t.Parallel()
	r := activities.NewRegistry()
	require.NoError(t, r.Add(activities.Action{
		Name: "odd", Run: func(context.Context, json.RawMessage) (task.Report, error) { return task.Report{}, nil },
		Queue:    func(json.RawMessage) (string, error) { panic("no such customer") },
		Category: func(json.RawMessage) (task.Category, error) { panic("no such format") },
	}))
	action, _ := r.Lookup("odd")
	_, err := action.Queue(task.EmptyParameters)
	require.EqualError(t, err, "panic: no such customer")
	_, err = action.Category(task.EmptyParameters)
	require.EqualError(t, err, "panic: no such format")
}

func TestAddRefusesWhatCannotRun(t *testing.T) {
	t.Parallel()
	r := activities.NewRegistry()
	run := func(context.Context, json.RawMessage) (task.Report, error) { return task.Report{}, nil }
	require.ErrorContains(t, r.Add(activities.Action{Run: run}), "name is empty")
	require.ErrorContains(t, r.Add(activities.Action{Name: "a"}), "no function")
	require.NoError(t, r.Add(activities.Action{Name: "a", Run: run}))
	require.ErrorContains(t, r.Add(activities.Action{Name: "a", Run: run}), "registered already")
	_, ok := r.Lookup("b")
	require.False(t, ok)
	require.Empty(t, activities.TaskID(t.Context()), "there is no task outside of a task")
}
