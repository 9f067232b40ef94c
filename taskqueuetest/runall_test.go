package taskqueuetest_test

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	taskqueue "github.com/distributed-task-queue/taskqueue"
	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/tasklog"
	"github.com/distributed-task-queue/taskqueue/taskqueuetest"
)

// family returns a client, its recorder and its actions: "fine", "broken", and "parent", which has children of the actions in its parameters.
func family(t *testing.T) (*taskqueue.Client, *taskqueuetest.Recorder, *taskqueue.Registry) {
	t.Helper()
	t.Parallel()
	registry := taskqueue.NewRegistry()
	client, recorder := taskqueuetest.NewClient(t, taskqueue.Config{Actions: registry, Owner: "nobody"})
	add := func(name string, run func(context.Context, json.RawMessage) (task.Report, error)) {
		require.NoError(t, registry.Add(taskqueue.Action{Name: name, Run: run}))
	}
	add("fine", func(context.Context, json.RawMessage) (task.Report, error) { return task.Success("fine"), nil })
	add("broken", func(context.Context, json.RawMessage) (task.Report, error) { return task.Report{}, errDown })
	add("parent", func(ctx context.Context, raw json.RawMessage) (task.Report, error) {
		var children []string
		if err := json.Unmarshal(raw, &children); err != nil {
			return task.Report{}, err
		}
		for _, child := range children {
			parameters := any(nil)
			if child == "parent" {
				parameters = []string{"fine"}
			}
			if _, err := client.CreateTask(ctx, child, parameters, "child", &taskqueue.Options{ParentID: taskqueue.TaskID(ctx)}); err != nil {
				return task.Report{}, err
			}
		}
		return task.Success("enqueued %d", len(children)), nil
	})
	return client, recorder, registry
}

func actionsOf(results []taskqueuetest.Result) (actions []string) {
	for _, r := range results {
		actions = append(actions, r.Task.Action)
	}
	return actions
}

func TestChildrenAreEnqueuedWithoutAServer(t *testing.T) {
	_, recorder, registry := family(t)
	result := taskqueuetest.RunAction(t, registry, "parent", []string{"fine", "broken"}, &taskqueue.Options{ID: "p", Owner: "ada"})
	require.Equal(t, task.ChildRunning, result.Status)
	require.Equal(t, "success: enqueued 2", result.Report.Children[0].String())
	require.NoError(t, result.Err)
	require.Len(t, result.Children, 2)
	require.Equal(t, "broken", result.Children[1].Action)
	taskqueuetest.RequireManyEnqueued(t, recorder,
		taskqueuetest.Want{Action: "fine", ParentID: "p", Owner: "ada"},
		taskqueuetest.Want{Action: "broken", ParentID: "p", Owner: "ada"})
}

func TestAParentEndsWithItsChildren(t *testing.T) {
	for name, c := range map[string]struct {
		children []string
		master   bool
		want     task.Status
		order    []string
	}{
		"all complete":         {children: []string{"fine", "fine"}, want: task.Completed, order: []string{"parent", "fine", "fine", "fine"}},
		"one fails":            {children: []string{"broken", "fine"}, want: task.Failed, order: []string{"parent", "broken", "fine", "fine"}},
		"a grandchild":         {children: []string{"parent"}, want: task.Completed, order: []string{"parent", "parent", "fine", "fine"}},
		"none":                 {children: []string{}, want: task.Completed, order: []string{"parent", "fine"}},
		"a master's are apart": {children: []string{"broken"}, master: true, want: task.Completed, order: []string{"parent", "fine", "broken"}},
	} {
		t.Run(name, func(t *testing.T) {
			client, recorder, registry := family(t)
			_, err := client.CreateTask(t.Context(), "parent", c.children, "", &taskqueue.Options{Master: c.master})
			require.NoError(t, err)
			_, err = client.CreateTask(t.Context(), "fine", nil, "", nil)
			require.NoError(t, err)
			results := recorder.RunAll(t, registry)
			require.Equal(t, c.order, actionsOf(results))
			require.Equal(t, c.want, results[0].Status)
			require.Len(t, results[0].Children, len(c.children))
			require.Empty(t, recorder.RunAll(t, registry), "each task is run once")
			count, err := client.Dispatcher().Count(t.Context())
			require.NoError(t, err)
			require.Zero(t, count)
		})
	}
}

func TestATaskIsTriedUntilItsEnd(t *testing.T) {
	calls := 0
	registry := actionWith(t, task.Policy{Attempts: 5}, func(context.Context, json.RawMessage) (task.Report, error) {
		if calls++; calls < 3 {
			return task.Report{}, errDown
		}
		return task.Success("done"), nil
	})
	client, recorder := taskqueuetest.NewClient(t, taskqueue.Config{Actions: registry})
	_, err := client.CreateTask(t.Context(), "act", nil, "", nil)
	require.NoError(t, err)
	results := recorder.RunAll(t, registry)
	require.Equal(t, task.Completed, results[0].Status)
	require.Equal(t, 3, results[0].Attempts)
	require.NoError(t, results[0].Err)
	require.False(t, results[0].Retry)
}

func TestAParentWaitsForAChildWhoseWorkElsewhereIsNotDone(t *testing.T) {
	client, recorder, registry := family(t)
	require.NoError(t, registry.Add(taskqueue.Action{
		Name:         "elsewhere",
		Run:          func(context.Context, json.RawMessage) (task.Report, error) { return task.Success("started"), nil },
		RemoteStatus: func(context.Context, *task.Task) (task.Status, error) { return task.Running, nil },
	}))
	_, err := client.CreateTask(t.Context(), "parent", []string{"elsewhere"}, "", nil)
	require.NoError(t, err)
	results := recorder.RunAll(t, registry)
	require.Equal(t, task.ChildRunning, results[0].Status)
	require.Equal(t, task.Running, results[1].Status)
}

func TestRunAllFailsTheTestForAnActionThatIsNotRegistered(t *testing.T) {
	client, recorder, registry := family(t)
	_, err := client.CreateTask(t.Context(), "parent", []string{"nobody's"}, "", nil)
	require.NoError(t, err)
	require.Contains(t, failureOf(t, func(t testing.TB) { recorder.RunAll(t, registry) }),
		`action "nobody's" is not registered; registered are: broken, fine, parent`)
}

func TestTheTasksOfAClientAreAsInProduction(t *testing.T) {
	registry := mailer(t, func(context.Context, mail) (task.Report, error) { return task.Report{}, nil })
	client, recorder := taskqueuetest.NewClient(t, taskqueue.Config{
		Actions: registry, Owner: "nobody", Queues: []taskqueue.Queue{{Name: "other"}, {Name: "mail", Weight: 2}},
		Categories: map[string]task.Category{"copy": task.CategoryCopy}, Declared: []string{"copy"},
	})
	require.NoError(t, client.Initialize(t.Context()))
	created, err := client.Enqueue(t.Context(), mail{To: "ada"}, "Mail")
	require.NoError(t, err)
	require.Equal(t, "mail", created.Queue)
	require.Equal(t, task.CategoryExport, created.Category)
	require.Equal(t, "nobody", created.Owner)

	_, err = client.CreateTask(t.Context(), "copy", nil, "", &taskqueue.Options{ID: created.ID})
	require.ErrorAs(t, err, new(*task.DuplicateError))
	_, err = client.CreateTask(t.Context(), "copied", nil, "", nil)
	require.ErrorContains(t, err, `"copied" is not known`)
	_, err = client.CreateTask(t.Context(), "copy", make([]int, 3<<20), "", nil)
	require.ErrorAs(t, err, new(*task.TooLargeError))
	require.Len(t, recorder.Tasks(), 1)

	copied, err := client.CreateTask(t.Context(), "copy", nil, "", &taskqueue.Options{ParentID: "unknown"})
	require.NoError(t, err, "a parent that is not in the log is nobody to tell")
	require.Equal(t, task.CategoryCopy, copied.Category)
	require.Equal(t, "nobody", copied.Owner)

	_, err = client.TaskLog().Get(t.Context(), created.ID)
	require.ErrorAs(t, err, new(*tasklog.NotFoundError))
	_, err = client.TaskLog().Search(t.Context(), tasklog.NewFilter())
	require.ErrorContains(t, err, "taskqueuetest has no server")
	require.Contains(t, failureOf(t, func(t testing.TB) {
		taskqueuetest.NewClient(t, taskqueue.Config{DefaultQueue: "none"})
	}), `Queue "none" does not exist`)
}
