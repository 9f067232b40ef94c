package crashtest

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/converter"

	taskqueue "github.com/distributed-task-queue/taskqueue"
	"github.com/distributed-task-queue/taskqueue/internal/elastictest"
	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/tasklog"
	"github.com/distributed-task-queue/taskqueue/tasklog/elastic"
)

// everything is a filter that finds all tasks, whatever their state.
var everything = []string{"--filter", "created_at > 2000-01-01"}

func TestKilledArchivingIsFinishedByTheNext(t *testing.T) {
	t.Parallel()
	// One after the other: two servers with their stores are too much for a small machine.
	t.Run("sqlite", func(t *testing.T) {
		s := startServer(t)
		testKilledArchiving(t, s, s.connect(t), s.index(t))
	})
	t.Run("elasticsearch", func(t *testing.T) {
		elasticsearch := elastictest.New(t)
		s := startServer(t, "--elasticsearch="+elasticsearch.URL)
		c := s.connect(t)
		engine, err := elastic.Open(t.Context(), elastic.Config{
			Connection: elastic.Connection{Addresses: []string{elasticsearch.URL}}, Client: s.temporal,
		})
		require.NoError(t, err)
		testKilledArchiving(t, s, c, engine)
	})
}

func testKilledArchiving(t *testing.T, s *server, c *taskqueue.Client, engine tasklog.Engine) {
	t.Helper()
	const tasks, leastKills = 400, 4
	chance := rand.New(rand.NewPCG(3, 3))
	f := startFleet(t, s, 1)
	ids, enqueued := enqueue(t, c, chance, tasks)
	<-enqueued
	require.Eventually(t, func() bool { return ended(t, c) == tasks }, 3*patience, 100*time.Millisecond)
	former := s.runs(t)
	w := watchLists(t, engine, ids)

	archived := func() int { return count(t, c, task.Archived) }
	kills := s.interrupt(t, chance, 2*leastKills, archived, append([]string{"log", "archive"}, everything...)...)
	require.GreaterOrEqual(t, kills, leastKills, "it ended too soon to be interrupted; enqueue more tasks")
	s.finish(t, append([]string{"log", "archive"}, everything...)...)

	// Nobody archives again: what the killed programs left is for the worker.
	require.Eventually(t, func() bool { return len(s.executions(t)) == tasks && count(t, c, task.Archived) == tasks }, 3*patience,
		200*time.Millisecond, "the superseded runs are deleted")
	supersedes := map[string]string{}
	for _, e := range s.executions(t) {
		var run string
		payload := e.GetSearchAttributes().GetIndexedFields()["TaskSupersedes"]
		require.NoError(t, converter.GetDefaultDataConverter().FromPayload(payload, &run))
		supersedes[e.GetExecution().GetWorkflowId()] = run
	}
	require.Equal(t, former, supersedes, "each task was archived exactly once")
	looks := w.stop()
	t.Logf("%d tasks, %d kills; %v looks at the lists", tasks, kills, looks)
	f.stop(t)
}

func TestKilledCancellingLeavesNoTaskStranded(t *testing.T) {
	t.Parallel()
	for _, again := range []bool{true, false} {
		t.Run(fmt.Sprintf("again %t", again), func(t *testing.T) {
			t.Parallel()
			const tasks, leastKills = 400, 4
			chance := rand.New(rand.NewPCG(4, 4))
			s := startServer(t)
			c := s.connect(t)
			for _, q := range queues { // so that actions are scheduled, and none starts
				_, err := c.Queues().Pause(t.Context(), q.Name, "for the test")
				require.NoError(t, err)
			}
			f := startFleet(t, s, 1)
			ids, enqueued := enqueue(t, c, chance, tasks)
			<-enqueued
			require.Eventually(t, func() bool { return count(t, c, task.Enqueued) == tasks }, patience, 100*time.Millisecond)
			w := watchLists(t, s.index(t), ids)

			command := append([]string{"log", "cancel"}, everything...)
			cancelled := func() int { return count(t, c, task.Cancelled) }
			kills := s.interrupt(t, chance, leastKills, cancelled, command...)
			if again {
				s.finish(t, command...)
				require.Eventually(t, func() bool { return count(t, c, task.Cancelled) == tasks }, patience, 100*time.Millisecond)
			}
			for _, q := range queues {
				_, err := c.Queues().Resume(t.Context(), q.Name)
				require.NoError(t, err)
			}
			require.Eventually(t, func() bool { return count(t, c, task.Completed, task.Cancelled) == tasks }, 3*patience,
				200*time.Millisecond, "a task is stranded")
			started := f.ids(t)
			for _, id := range ids {
				e, err := c.TaskLog().Get(t.Context(), id)
				require.NoError(t, err)
				require.Equal(t, e.Status == task.Completed, started[string(id)] == 1, "task %s is %s", id, e.Status)
			}
			looks := w.stop()
			t.Logf("%d tasks, %d kills, %d cancelled; %v looks at the lists", tasks, kills, count(t, c, task.Cancelled), looks)
			f.stop(t)
		})
	}
}

// taskctl starts the program as a person would.
func (s *server) taskctl(t *testing.T, args ...string) *process {
	t.Helper()
	return startProcess(t, nil, taskctl, append([]string{"--address", s.address, "--output", "json"}, args...)...)
}

// interrupt starts the command again and again, and kills it each time when it has done some more, until that was often enough or it
// ends by itself before it is killed. It returns how often it was killed.
func (s *server) interrupt(t *testing.T, chance *rand.Rand, most int, done func() int, args ...string) (kills int) {
	t.Helper()
	for kills < most {
		enough := done() + chance.IntN(40)
		p := s.taskctl(t, args...)
		for working := true; working; {
			select {
			case <-p.exited:
				require.NoError(t, p.err, "%s%s", &p.stderr, &p.stdout)
				return kills
			case <-time.After(50 * time.Millisecond):
				working = done() <= enough
			}
		}
		require.ErrorContains(t, p.end(t, syscall.SIGKILL), "killed")
		kills++
	}
	return kills
}

// finish runs the command to its end.
func (s *server) finish(t *testing.T, args ...string) {
	t.Helper()
	p := s.taskctl(t, args...)
	<-p.exited
	require.NoError(t, p.err, "%s%s", &p.stderr, &p.stdout)
	require.True(t, strings.HasPrefix(p.stdout.String(), "{"), "%s", &p.stdout)
}

// executions returns what Temporal itself lists.
func (s *server) executions(t *testing.T) []*workflowpb.WorkflowExecutionInfo {
	t.Helper()
	var all []*workflowpb.WorkflowExecutionInfo
	for token := []byte{}; ; {
		page, err := s.temporal.ListWorkflow(t.Context(), &workflowservice.ListWorkflowExecutionsRequest{
			Query: "WorkflowType = '" + tasklog.WorkflowType + "'", NextPageToken: token,
		})
		require.NoError(t, err)
		all = append(all, page.GetExecutions()...)
		if token = page.GetNextPageToken(); len(token) == 0 {
			return all
		}
	}
}

// runs returns the run of each task.
func (s *server) runs(t *testing.T) map[string]string {
	t.Helper()
	runs := map[string]string{}
	for _, e := range s.executions(t) {
		runs[e.GetExecution().GetWorkflowId()] = e.GetExecution().GetRunId()
	}
	return runs
}
