package taskqueuetest_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	taskqueue "github.com/distributed-task-queue/taskqueue"
	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/taskqueuetest"
)

type want = taskqueuetest.Want

func toAda(m mail) bool { return m.To == "ada" }

// recorded returns the recorder of three tasks: mails to Ada and to Bob, and a copy.
func recorded(t *testing.T) *taskqueuetest.Recorder {
	t.Helper()
	t.Parallel()
	client, recorder := taskqueuetest.NewClient(t, taskqueue.Config{Queues: []taskqueue.Queue{{Name: "bulk"}, {Name: "mail"}}})
	for _, args := range []mail{
		{To: "ada", Options: taskqueue.Options{ID: "1", Owner: "u1", Priority: 2, Delay: time.Minute, ParentID: "0"}},
		{To: "bob", Options: taskqueue.Options{ID: "2"}},
	} {
		_, err := client.Enqueue(t.Context(), args, "Mail to "+args.To)
		require.NoError(t, err)
	}
	_, err := client.CreateTask(t.Context(), "copy", map[string]any{"to": 3, "from": 1}, "", &taskqueue.Options{ID: "3"})
	require.NoError(t, err)
	return recorder
}

func TestATaskIsFoundByEveryField(t *testing.T) {
	recorder := recorded(t)
	for name, w := range map[string]want{
		"action":     {Action: "copy"},
		"id":         {ID: "3"},
		"queue":      {Queue: "bulk"},
		"category":   {Category: task.CategoryUnknown},
		"parameters": {Parameters: map[string]int{"from": 1, "to": 3}},
	} {
		require.EqualValues(t, "3", taskqueuetest.RequireTaskEnqueued(t, recorder, w).ID, name)
	}
	for name, w := range map[string]want{
		"owner": {Owner: "u1"}, "label": {Label: "Mail to ada"}, "priority": {Priority: 2}, "delay": {Delay: time.Minute},
		"parent": {ParentID: "0"}, "typed parameters": {Parameters: mail{To: "ada"}},
	} {
		require.EqualValues(t, "1", taskqueuetest.RequireTaskEnqueued(t, recorder, w).ID, name)
	}
}

func TestATypedTaskIsFound(t *testing.T) {
	recorder := recorded(t)
	found := taskqueuetest.RequireEnqueued(t, recorder, want{Queue: "mail"}, toAda)
	require.EqualValues(t, "1", found.Task.ID)
	require.Equal(t, "ada", found.Args.To)
	require.EqualValues(t, "2", taskqueuetest.RequireEnqueued[mail](t, recorder, want{Label: "Mail to bob"}).Task.ID)
	taskqueuetest.RequireNotEnqueued(t, recorder, want{}, func(m mail) bool { return m.To == "eve" })
	taskqueuetest.RequireNotEnqueued(t, recorder, want{Priority: 4}, toAda)
	taskqueuetest.RequireNoTaskEnqueued(t, recorder, want{Action: "move"})
}

func TestManyTasksAreInOrder(t *testing.T) {
	recorder := recorded(t)
	tasks := taskqueuetest.RequireManyEnqueued(t, recorder, want{Action: "mail.send", Owner: "u1"}, want{Action: "mail.send"})
	require.Len(t, tasks, 2)
	require.EqualValues(t, "2", tasks[1].ID)
}

func TestFailuresListWhatWasEnqueued(t *testing.T) {
	recorder := recorded(t)
	const ada = "\n  TASK mail.send [1] label=\"Mail to ada\" queue=mail owner=u1 category=export parent=0 priority=2 delay=1m0s parameters={\"to\":\"ada\"}"
	for name, c := range map[string]struct {
		test func(testing.TB)
		want []string
	}{
		"none as wanted": {
			func(t testing.TB) {
				taskqueuetest.RequireEnqueued(t, recorder, want{Queue: "bulk", Owner: "u2"}, toAda)
			},
			[]string{
				"0 tasks are as wanted, not 1", ada + "\n    not as wanted: queue is \"mail\", not \"bulk\"; owner is \"u1\", not \"u2\"",
				`action is "copy", not "mail.send"`,
			},
		},
		"a condition": {
			func(t testing.TB) {
				taskqueuetest.RequireEnqueued(t, recorder, want{}, toAda, func(m mail) bool { return m.To == "bob" })
			},
			[]string{"condition 1 is not satisfied", "condition 0 is not satisfied"},
		},
		"too many": {
			func(t testing.TB) { taskqueuetest.RequireEnqueued[mail](t, recorder, want{}) },
			[]string{"2 tasks are as wanted, not 1", ada + "\n    as wanted"},
		},
		"by name": {
			func(t testing.TB) {
				taskqueuetest.RequireTaskEnqueued(t, recorder, want{Action: "copy", Priority: 1, Delay: time.Hour})
			},
			[]string{"priority is 0, not 1; delay is 0s, not 1h0m0s"},
		},
		"parameters": {
			func(t testing.TB) {
				taskqueuetest.RequireTaskEnqueued(t, recorder, want{Action: "copy", Parameters: map[string]int{"from": 1}})
			},
			[]string{`parameters is {"from":1,"to":3}, not {"from":1}`},
		},
		"wanted parameters that are not JSON": {
			func(t testing.TB) { taskqueuetest.RequireTaskEnqueued(t, recorder, want{Parameters: make(chan int)}) },
			[]string{"Want.Parameters: invalid task: parameters cannot be written as JSON"},
		},
		"typed, but must not be": {
			func(t testing.TB) { taskqueuetest.RequireNotEnqueued(t, recorder, want{}, toAda) },
			[]string{"a task was enqueued that must not be", ada + "\n    as wanted"},
		},
		"must not be": {
			func(t testing.TB) { taskqueuetest.RequireNoTaskEnqueued(t, recorder, want{}) },
			[]string{"a task was enqueued that must not be"},
		},
		"many: another order": {
			func(t testing.TB) {
				taskqueuetest.RequireManyEnqueued(t, recorder, want{Action: "mail.send"}, want{Action: "mail.send", Owner: "u1"})
			},
			[]string{`task 1 is not as wanted: owner is "", not "u1"`, ada},
		},
		"many: fewer": {func(t testing.TB) {
			taskqueuetest.RequireManyEnqueued(t, recorder, want{Action: "copy"}, want{Action: "copy"})
		}, []string{"1 tasks of these actions were enqueued, not 2", ada}},
		"many: more":         {func(t testing.TB) { taskqueuetest.RequireManyEnqueued(t, recorder, want{Action: "mail.send"}) }, []string{"2 tasks of these actions were enqueued, not 1"}},
		"many: of no action": {func(t testing.TB) { taskqueuetest.RequireManyEnqueued(t, recorder, want{}) }, []string{"Want.Action of task 0 is empty"}},
		"nothing at all": {
			func(t testing.TB) { taskqueuetest.RequireTaskEnqueued(t, new(taskqueuetest.Recorder), want{}) },
			[]string{"enqueued were: none"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			failure := failureOf(t, c.test)
			for _, want := range c.want {
				require.Contains(t, failure, want)
			}
		})
	}
}

func TestParametersThatDoNotFitAreTold(t *testing.T) {
	t.Parallel()
	client, recorder := taskqueuetest.NewClient(t, taskqueue.Config{})
	_, err := client.CreateTask(t.Context(), "mail.send", map[string]string{"too": "ada"}, "", nil)
	require.NoError(t, err)
	for _, test := range []func(testing.TB){
		func(t testing.TB) { taskqueuetest.RequireEnqueued[mail](t, recorder, want{}) },
		func(t testing.TB) { taskqueuetest.RequireEnqueued(t, recorder, want{}, toAda) },
	} {
		require.Contains(t, failureOf(t, test), `unknown field "too"`)
	}
}
