package schedule_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/distributed-task-queue/taskqueue/broker/temporal"
	"github.com/distributed-task-queue/taskqueue/internal/temporaltest"
	"github.com/distributed-task-queue/taskqueue/schedule"
	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/tasklog"
)

func TestRunsAreTasksLikeAnyOther(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	b.work(t)
	b.create(t, schedule.Definition{
		Spec: everySecond,
		Task: schedule.Task{Action: "fine", Parameters: []byte(`{"n": 1}`), Label: "every second", Priority: 2, Master: true},
	})
	done := b.awaitTasks(t, 3, task.Completed)
	ids := map[task.ID]bool{}
	for _, e := range done {
		ids[e.ID] = true
		require.True(t, strings.HasPrefix(string(e.ID), b.id+"-20"), e.ID)
		require.NoError(t, e.ID.Validate())
		require.Equal(t, "fine", e.TaskName)
		require.Equal(t, "every second", e.Label)
		require.JSONEq(t, `{"n":1}`, e.Parameters)
		require.Equal(t, b.id, e.Queue)
		require.Equal(t, task.CategoryImport, e.Category)
		require.True(t, e.MasterStatus)
		require.WithinDuration(t, time.Now(), e.CreatedAt, patience)
		require.False(t, e.UpdatedAt.Before(e.CreatedAt))
	}
	require.Len(t, ids, len(done), "every run is a task of its own")

	s := b.await(t, "three runs", func(s schedule.Schedule) bool { return s.Runs >= 3 })
	require.NotEmpty(t, s.NextRuns)
	for _, run := range s.RecentRuns {
		require.Equal(t, b.id+"-"+run.ScheduledAt.UTC().Format(time.RFC3339), string(run.TaskID))
		require.WithinDuration(t, run.ScheduledAt, run.StartedAt, patience)
	}

	described, err := temporaltest.Dial(t).DescribeWorkflow(t.Context(), string(done[0].ID), "")
	require.NoError(t, err)
	summary, err := described.GetStaticSummary()
	require.NoError(t, err)
	require.Equal(t, "every second", summary)
	info, err := temporaltest.Dial(t).DescribeWorkflowExecution(t.Context(), string(done[0].ID), "")
	require.NoError(t, err)
	require.EqualValues(t, 2, info.GetWorkflowExecutionInfo().GetPriority().GetPriorityKey())
	require.Equal(t, temporal.PriorityOf(&task.Task{Metadata: task.Metadata{Owner: b.id}}).FairnessKey, info.GetWorkflowExecutionInfo().GetPriority().GetFairnessKey())
}

func TestARunShowsBeforeAWorkerHasSeenIt(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	b.create(t, schedule.Definition{Spec: never, Task: schedule.Task{Action: "fine", Label: "waits"}})
	id, err := b.Trigger(t.Context(), b.id)
	require.NoError(t, err)
	found := b.awaitTasks(t, 1, task.Enqueued)
	require.Equal(t, id, found[0].ID)
	require.Equal(t, "fine", found[0].TaskName)
	require.Equal(t, "waits", found[0].Label)
	require.Equal(t, b.id, found[0].Queue)
	e, err := b.client.TaskLog().Get(t.Context(), id)
	require.NoError(t, err)
	require.Equal(t, task.Enqueued, e.Status)
	require.Equal(t, "{}", e.Parameters)
}

func TestARunThatOverlapsIsSkipped(t *testing.T) {
	t.Parallel()
	quit := make(chan struct{})
	b := setup(t, quit)
	b.work(t)
	b.create(t, schedule.Definition{Spec: everySecond, Task: schedule.Task{Action: "wait"}})
	s := b.await(t, "two skipped runs", func(s schedule.Schedule) bool { return s.Skipped >= 2 })
	require.Equal(t, 1, s.Runs)
	require.Equal(t, []task.ID{s.RecentRuns[0].TaskID}, s.Running)
	close(quit)
	b.await(t, "the schedule goes on", func(s schedule.Schedule) bool { return s.Runs >= 2 })
}

func TestARunMayEndTheOneBefore(t *testing.T) {
	t.Parallel()
	quit := make(chan struct{})
	b := setup(t, quit)
	b.work(t)
	t.Cleanup(func() { close(quit) }) // a terminated action is not told
	b.create(t, schedule.Definition{Spec: never, Task: schedule.Task{Action: "wait"}, Overlap: schedule.OverlapTerminateOther})
	first, err := b.Trigger(t.Context(), b.id)
	require.NoError(t, err)
	b.await(t, "the first run", func(s schedule.Schedule) bool { return s.Runs == 1 })
	second, err := b.Trigger(t.Context(), b.id)
	require.NoError(t, err)
	require.NotEqual(t, first, second, "also within a second")
	s := b.await(t, "the second run", func(s schedule.Schedule) bool { return s.Runs == 2 })
	require.Equal(t, second, s.RecentRuns[1].TaskID)
	ended := b.awaitTasks(t, 1, task.Cancelled)
	require.Equal(t, first, ended[0].ID)
}

func TestPauseAndResume(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	b.work(t)
	b.create(t, schedule.Definition{Spec: everySecond, Task: schedule.Task{Action: "fine"}})
	b.await(t, "a run", func(s schedule.Schedule) bool { return s.Runs >= 1 })
	s, err := b.Pause(t.Context(), b.id, "the file server is down")
	require.NoError(t, err)
	require.True(t, s.Paused)
	require.Equal(t, "the file server is down", s.Note)

	// A run that had begun when the pause came may still come. Then there is none, which only time can tell.
	time.Sleep(time.Second)
	s, err = b.Get(t.Context(), b.id)
	require.NoError(t, err)
	runs := s.Runs
	time.Sleep(3 * time.Second)
	s, err = b.Get(t.Context(), b.id)
	require.NoError(t, err)
	require.Equal(t, runs, s.Runs)

	id, err := b.Trigger(t.Context(), b.id)
	require.NoError(t, err)
	b.await(t, "a paused schedule can be triggered", func(s schedule.Schedule) bool {
		return s.Runs == runs+1 && s.RecentRuns[len(s.RecentRuns)-1].TaskID == id
	})
	s, err = b.Resume(t.Context(), b.id)
	require.NoError(t, err)
	require.False(t, s.Paused)
	require.Equal(t, "Resumed", s.Note)
	b.await(t, "runs again", func(s schedule.Schedule) bool { return s.Runs > runs+1 })
}

func TestBackfillRunsWhatHasNoTaskYet(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	b.work(t)
	b.create(t, schedule.Definition{
		Spec: schedule.Spec{Cron: []string{"0 * * * *"}}, Task: schedule.Task{Action: "fine"}, Paused: true, Note: "not yet",
	})
	at := func(hour int) time.Time { return time.Date(2026, 1, 5, hour, 0, 0, 0, time.UTC) }
	backfill := func(from, to time.Time) {
		_, err := b.Backfill(t.Context(), b.id, from, to, "")
		require.NoError(t, err)
	}
	backfill(at(4), at(5))
	b.awaitTasks(t, 2, task.Completed)
	backfill(at(3), at(6))
	done := b.awaitTasks(t, 4, task.Completed)
	var ids []string
	for _, e := range done {
		ids = append(ids, strings.TrimPrefix(string(e.ID), b.id+"-"))
	}
	require.Equal(t, []string{"2026-01-05T04:00:00Z", "2026-01-05T05:00:00Z", "2026-01-05T03:00:00Z", "2026-01-05T06:00:00Z"}, ids)
	s, err := b.Get(t.Context(), b.id)
	require.NoError(t, err)
	require.Equal(t, 4, s.Runs)
	require.Zero(t, s.Skipped)
}

func TestBackfillLeavesNothingOutHoweverLongTheJitter(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	b.work(t)
	b.create(t, schedule.Definition{
		Spec: schedule.Spec{Intervals: []schedule.Interval{{Every: schedule.Duration(time.Second)}}, Jitter: schedule.Duration(time.Hour)},
		Task: schedule.Task{Action: "fine"}, Paused: true,
	})
	at := func(second int) time.Time { return time.Date(2026, 1, 5, 1, 0, second, 0, time.UTC) }
	backfill := func(from, to time.Time) {
		_, err := b.Backfill(t.Context(), b.id, from, to, schedule.OverlapAllowAll)
		require.NoError(t, err)
	}
	// Without the last millisecond, to which jitter may move a time, but no further.
	backfill(at(4), at(6).Add(-time.Millisecond))
	b.awaitTasks(t, 2, task.Completed)
	backfill(at(2), at(9).Add(-time.Millisecond))
	b.awaitTasks(t, 7, task.Completed)
}

func TestRunsEnd(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	b.work(t)
	spec := everySecond
	spec.EndAt = time.Now().Add(5 * time.Second)
	b.create(t, schedule.Definition{Spec: spec, Task: schedule.Task{Action: "fine"}})
	s := b.await(t, "no more runs", func(s schedule.Schedule) bool { return len(s.NextRuns) == 0 && s.Runs > 0 })
	for _, run := range s.RecentRuns {
		require.False(t, run.ScheduledAt.After(spec.EndAt))
	}
}

func TestTasksOutliveTheirSchedule(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	b.work(t)
	b.create(t, schedule.Definition{Spec: never, Task: schedule.Task{Action: "fine"}})
	id, err := b.Trigger(t.Context(), b.id)
	require.NoError(t, err)
	b.awaitTasks(t, 1, task.Completed)
	require.NoError(t, b.Delete(t.Context(), b.id))
	var missing *schedule.NotFoundError
	_, err = b.Get(t.Context(), b.id)
	require.ErrorAs(t, err, &missing)
	require.ErrorAs(t, b.Delete(t.Context(), b.id), &missing)
	e, err := b.client.TaskLog().Get(t.Context(), id)
	require.NoError(t, err)
	require.Equal(t, task.Completed, e.Status)
	n, err := b.client.TaskLog().Count(t.Context(), tasklog.NewFilter().Eq(tasklog.Owner, b.id))
	require.NoError(t, err)
	require.EqualValues(t, 1, n)
}
