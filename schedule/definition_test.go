package schedule_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/distributed-task-queue/taskqueue"
	"github.com/distributed-task-queue/taskqueue/broker"
	"github.com/distributed-task-queue/taskqueue/dispatcher"
	"github.com/distributed-task-queue/taskqueue/internal/temporaltest"
	"github.com/distributed-task-queue/taskqueue/schedule"
	"github.com/distributed-task-queue/taskqueue/task"
)

func TestADefinitionIsReadBack(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	given := schedule.Definition{
		Spec: schedule.Spec{
			Cron: []string{
				"0 12 * * *", "*/5 8-18/2,20 1,15 feb-apr mon-fri", "30 0 12 * * * *", "0 0 1 1 * 2030-2032", "@weekly # on Sundays", "5/20 * * * *",
			},
			Intervals: []schedule.Interval{
				{Every: schedule.Duration(90 * time.Minute), Offset: schedule.Duration(5 * time.Second)}, {Every: schedule.Duration(24 * time.Hour)},
			},
			TimeZone: "Europe/Berlin",
			StartAt:  time.Date(2080, 1, 1, 0, 0, 0, 0, time.UTC), EndAt: time.Date(2090, 1, 1, 0, 0, 0, 0, time.UTC),
			Jitter: schedule.Duration(10 * time.Second),
		},
		Task: schedule.Task{
			Action: "associated", Parameters: json.RawMessage(`{"to":"ada"}`), Label: "Hello", Owner: "ada", Category: task.CategoryExport, Priority: 5,
		},
		Overlap: schedule.OverlapBufferOne, CatchUp: schedule.Duration(time.Minute), Paused: true, Note: "later",
	}
	s := b.create(t, given)
	want := given
	want.Spec.Cron = []string{
		"0 12 * * *", "*/5 8-18/2,20 1,15 2-4 1-5", "30 0 12 * * * *", "0 0 1 1 * 2030-2032", "0 0 * * 0 # on Sundays", "5-59/20 * * * *",
	}
	want.Task.Queue = b.id + "-b"
	require.Equal(t, want, s.Definition)
	require.Equal(t, b.id, s.ID)
	require.Empty(t, s.RecentRuns)
	require.WithinDuration(t, time.Now(), s.CreatedAt, patience)
	require.True(t, s.UpdatedAt.IsZero())

	// What is read can be written, and JSON keeps it.
	encoded, err := json.Marshal(s.Definition)
	require.NoError(t, err)
	updated, err := b.Update(t.Context(), b.id, func(d *schedule.Definition) error {
		*d = schedule.Definition{}
		return json.Unmarshal(encoded, d)
	})
	require.NoError(t, err)
	require.Equal(t, want, updated.Definition)
	require.False(t, updated.UpdatedAt.IsZero())
}

func TestDefaultsAndOverlaps(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	s := b.create(t, schedule.Definition{Spec: never, Task: schedule.Task{Action: "fine"}})
	require.Equal(t, schedule.OverlapSkip, s.Overlap)
	require.Equal(t, schedule.DefaultCatchUp, s.CatchUp)
	require.Equal(t, schedule.Task{
		Action: "fine", Parameters: task.EmptyParameters, Queue: b.id, Owner: b.id, Category: task.CategoryImport, Policy: &task.Policy{},
	}, s.Task)
	require.False(t, s.Paused)
	_, err := b.Update(t.Context(), b.id, func(d *schedule.Definition) error {
		d.Task.Policy.Attempts = 3
		return nil
	})
	var invalid *schedule.InvalidError
	require.ErrorAs(t, err, &invalid)
	require.Equal(t, "task.policy", invalid.Field)

	for _, overlap := range schedule.Overlaps() {
		s, err := b.Update(t.Context(), b.id, func(d *schedule.Definition) error {
			d.Overlap = overlap
			return nil
		})
		require.NoError(t, err)
		require.Equal(t, overlap, s.Overlap)
	}
}

func TestUpdateChangesWhatItNames(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	b.create(t, schedule.Definition{Spec: never, Task: schedule.Task{Action: "fine", Label: "before"}})
	_, err := b.Pause(t.Context(), b.id, "hold on")
	require.NoError(t, err)
	s, err := b.Update(t.Context(), b.id, func(d *schedule.Definition) error {
		d.Task.Label = "after"
		d.Overlap = schedule.OverlapAllowAll
		return nil
	})
	require.NoError(t, err)
	require.Equal(t, "after", s.Task.Label)
	require.Equal(t, schedule.OverlapAllowAll, s.Overlap)
	require.True(t, s.Paused)
	require.Equal(t, "hold on", s.Note)
	require.Equal(t, never.Cron, s.Spec.Cron)
	require.Eventually(t, func() bool {
		listed, ok := b.listed(t)
		return ok && listed.Label == "after" && listed.Paused
	}, patience, 100*time.Millisecond)
	id, err := b.Trigger(t.Context(), b.id)
	require.NoError(t, err)
	require.Equal(t, "after", b.awaitTasks(t, 1, task.Enqueued)[0].Label)
	require.NoError(t, temporaltest.Dial(t).TerminateWorkflow(t.Context(), string(id), "", "test"))
}

func (b *bundle) listed(t *testing.T) (schedule.Summary, bool) {
	t.Helper()
	all, err := b.List(t.Context())
	require.NoError(t, err)
	for _, s := range all {
		if s.ID == b.id {
			return s, true
		}
	}
	return schedule.Summary{}, false
}

func TestListHasTheSchedulesOfTasks(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	b.create(t, schedule.Definition{Spec: never, Task: schedule.Task{Action: "fine", Label: "Hello"}, Paused: true, Note: "later"})
	foreign := b.id + "-foreign"
	handle, err := temporaltest.Dial(t).ScheduleClient().Create(t.Context(), client.ScheduleOptions{
		ID: foreign, Spec: client.ScheduleSpec{CronExpressions: never.Cron}, Paused: true,
		Action: &client.ScheduleWorkflowAction{Workflow: "SomethingElse", TaskQueue: b.id},
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, handle.Delete(context.Background())) })

	var listed schedule.Summary
	require.Eventually(t, func() bool {
		var ok bool
		listed, ok = b.listed(t)
		return ok
	}, patience, 100*time.Millisecond)
	require.Equal(t, schedule.Summary{
		ID: b.id, Action: "fine", Label: "Hello", Owner: b.id, Category: task.CategoryImport, Spec: never, Paused: true, Note: "later",
		NextRuns: listed.NextRuns, RecentRuns: []schedule.Run{},
	}, listed)
	require.Len(t, listed.NextRuns, 5)

	all, err := b.List(t.Context())
	require.NoError(t, err)
	for _, s := range all {
		require.NotEqual(t, foreign, s.ID)
	}
	var missing *schedule.NotFoundError
	_, err = b.Get(t.Context(), foreign)
	require.ErrorAs(t, err, &missing)
	require.ErrorAs(t, b.Delete(t.Context(), foreign), &missing, "what belongs to others is left alone")
}

func TestWhatCannotBeIsRefused(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	good := schedule.Definition{Spec: never, Task: schedule.Task{Action: "fine"}}
	second := schedule.Duration(time.Second)
	for name, c := range map[string]struct {
		change func(*schedule.Definition)
		field  string
		reason string
	}{
		"no time":          {func(d *schedule.Definition) { d.Spec = schedule.Spec{} }, "spec", "cron expressions or intervals"},
		"cron fields":      {func(d *schedule.Definition) { d.Spec.Cron = []string{"* * *"} }, "spec.cron", "5-7 fields"},
		"cron range":       {func(d *schedule.Definition) { d.Spec.Cron = []string{"0 0 * * *", "61 * * * *"} }, "spec.cron", "Minute is not in range [0-59]"},
		"cron word":        {func(d *schedule.Definition) { d.Spec.Cron = []string{"@sometimes"} }, "spec.cron", "@sometimes"},
		"cron every":       {func(d *schedule.Definition) { d.Spec.Cron = []string{"@every 5m"} }, "spec.cron", "spec.intervals"},
		"cron zone":        {func(d *schedule.Definition) { d.Spec.Cron = []string{"CRON_TZ=Asia/Tokyo 0 0 * * *"} }, "spec.cron", "spec.timeZone"},
		"time zone":        {func(d *schedule.Definition) { d.Spec.TimeZone = "Mars/Olympus" }, "spec.timeZone", "Mars/Olympus"},
		"no every":         {func(d *schedule.Definition) { d.Spec.Intervals = []schedule.Interval{{}} }, "spec.intervals", "at least 1s"},
		"negative every":   {func(d *schedule.Definition) { d.Spec.Intervals = []schedule.Interval{{Every: -second}} }, "spec.intervals", "-1s"},
		"every in between": {func(d *schedule.Definition) { d.Spec.Intervals = []schedule.Interval{{Every: second * 3 / 2}} }, "spec.intervals", "whole seconds"},
		"offset":           {func(d *schedule.Definition) { d.Spec.Intervals = []schedule.Interval{{Every: second, Offset: second}} }, "spec.intervals", "less than every"},
		"negative offset":  {func(d *schedule.Definition) { d.Spec.Intervals = []schedule.Interval{{Every: second, Offset: -1}} }, "spec.intervals", "offset"},
		"a policy":         {func(d *schedule.Definition) { d.Task.Policy = &task.Policy{Attempts: 3} }, "task.policy", "leave it out"},
		"negative jitter":  {func(d *schedule.Definition) { d.Spec.Jitter = -1 }, "spec.jitter", "negative"},
		"end before start": {func(d *schedule.Definition) { d.Spec.EndAt = d.Spec.StartAt.Add(-1) }, "spec.endAt", "before spec.startAt"},
		"overlap":          {func(d *schedule.Definition) { d.Overlap = "sometimes" }, "overlap", "buffer-one"},
		"catch-up":         {func(d *schedule.Definition) { d.CatchUp = second }, "catchUp", "at least 10s"},
		"note":             {func(d *schedule.Definition) { d.Note = strings.Repeat("x", 1001) }, "note", "1000"},
		"no action":        {func(d *schedule.Definition) { d.Task.Action = "" }, "task.action", "name the action"},
		"parameters":       {func(d *schedule.Definition) { d.Task.Parameters = []byte("{") }, "task.parameters", "JSON"},
		"category":         {func(d *schedule.Definition) { d.Task.Category = "money" }, "task.category", "money"},
		"priority":         {func(d *schedule.Definition) { d.Task.Priority = 9 }, "task.priority", "9"},
	} {
		d := good
		c.change(&d)
		_, err := b.Create(t.Context(), b.id, d)
		var invalid *schedule.InvalidError
		require.ErrorAs(t, err, &invalid, name)
		require.Equal(t, c.field, invalid.Field, "%s: %v", name, err)
		require.Contains(t, invalid.Reason, c.reason, name)
	}

	unknownQueue, unknownAction := good, good
	unknownQueue.Task.Queue = "nowhere"
	unknownAction.Task.Action = "nope"
	var queue *dispatcher.UnknownQueueError
	_, err := b.Create(t.Context(), b.id, unknownQueue)
	require.ErrorAs(t, err, &queue)
	var action *dispatcher.UnknownActionError
	_, err = b.Create(t.Context(), b.id, unknownAction)
	require.ErrorAs(t, err, &action)

	for _, id := range []string{"", "ä", "a\n", "it's", strings.Repeat("x", schedule.MaxIDLength+1)} {
		var invalid *schedule.InvalidError
		_, err := b.Create(t.Context(), id, good)
		require.ErrorAs(t, err, &invalid, id)
		require.Equal(t, "id", invalid.Field)
		var missing *schedule.NotFoundError
		_, err = b.Get(t.Context(), id)
		require.ErrorAs(t, err, &missing, id)
	}

	b.create(t, good)
	var duplicate *schedule.DuplicateError
	_, err = b.Create(t.Context(), b.id, good)
	require.ErrorAs(t, err, &duplicate)
	_, err = b.Update(t.Context(), b.id, func(d *schedule.Definition) error {
		d.Spec.Cron = []string{"61 * * * *"}
		return nil
	})
	var invalid *schedule.InvalidError
	require.ErrorAs(t, err, &invalid)
	require.Equal(t, "spec.cron", invalid.Field)

	now := time.Now()
	for _, c := range []struct {
		from, to time.Time
		overlap  schedule.Overlap
		field    string
	}{
		{now, now.Add(-time.Hour), "", "to"}, {time.Time{}, now, "", "from"}, {now, now.Add(time.Hour), "", "to"}, {now, now, "x", "overlap"},
	} {
		_, err = b.Backfill(t.Context(), b.id, c.from, c.to, c.overlap)
		require.ErrorAs(t, err, &invalid)
		require.Equal(t, c.field, invalid.Field)
	}
}

func TestTheLongestID(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	b.id += strings.Repeat("x", schedule.MaxIDLength-len(b.id))
	b.create(t, schedule.Definition{Spec: never, Task: schedule.Task{Action: "fine", Queue: b.client.Dispatcher().DefaultQueue().Name, Owner: b.id}})
	id, err := b.Trigger(t.Context(), b.id)
	require.NoError(t, err)
	require.Len(t, string(id), task.MaxTextLength)
	require.Equal(t, id, b.awaitTasks(t, 1, task.Enqueued)[0].ID)
}

// synchronous is a broker that runs tasks while they are enqueued.
type synchronous struct{ broker.Broker }

func (synchronous) Name() string { return "synchronous" }
func (synchronous) Sync() bool   { return true }

func TestAQueueWithoutWorkersHasNoSchedules(t *testing.T) {
	t.Parallel()
	c, err := taskqueue.New(taskqueue.Config{Temporal: temporaltest.Dial(t), Queues: []taskqueue.Queue{{Name: "now", Broker: synchronous{}}}})
	require.NoError(t, err)
	_, err = c.Schedules().Create(t.Context(), "x", schedule.Definition{Spec: never, Task: schedule.Task{Action: "fine"}})
	var invalid *schedule.InvalidError
	require.ErrorAs(t, err, &invalid)
	require.Equal(t, "task.queue", invalid.Field)
}
