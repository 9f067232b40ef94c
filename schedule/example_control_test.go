package schedule_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/distributed-task-queue/taskqueue"
	"github.com/distributed-task-queue/taskqueue/internal/exampletest"
	"github.com/distributed-task-queue/taskqueue/schedule"
)

// A schedule is changed, paused, run at once, and run for times that have passed.
func ExampleSchedules() {
	ctx := context.Background()
	client, err := taskqueue.New(taskqueue.Config{Temporal: exampletest.Connect(), Queues: []taskqueue.Queue{{Name: "example-schedules"}}})
	if err != nil {
		log.Fatal(err)
	}
	schedules := client.Schedules()
	_, err = schedules.Create(ctx, "example-nightly", schedule.Definition{
		Spec:    schedule.Spec{Intervals: []schedule.Interval{{Every: schedule.Duration(24 * time.Hour), Offset: schedule.Duration(2 * time.Hour)}}},
		Task:    schedule.Task{Action: "index.rebuild", Label: "Rebuild the index"},
		Overlap: schedule.OverlapAllowAll,
	})
	if err != nil {
		log.Fatal(err)
	}
	defer schedules.Delete(ctx, "example-nightly")

	paused, err := schedules.Pause(ctx, "example-nightly", "the disk is full")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("paused:", paused.Paused, paused.Note)
	updated, err := schedules.Update(ctx, "example-nightly", func(d *schedule.Definition) error {
		d.Task.Label = "Rebuild the whole index"
		return nil
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(updated.Task.Label, "every", updated.Spec.Intervals[0].Every)

	id, err := schedules.Trigger(ctx, "example-nightly") // also while it is paused
	if err != nil {
		log.Fatal(err)
	}
	exampletest.Until(func() bool {
		_, err := client.TaskLog().Get(ctx, id)
		return err == nil
	})
	from := time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC)
	if _, err := schedules.Backfill(ctx, "example-nightly", from, from.AddDate(0, 0, 1), schedule.OverlapAllowAll); err != nil {
		log.Fatal(err)
	}
	exampletest.Until(func() bool {
		_, err := client.TaskLog().Get(ctx, "example-nightly-2026-01-05T02:00:00Z")
		return err == nil
	})
	fmt.Println("both are in the log")

	_, err = schedules.Get(ctx, "example-weekly")
	var missing *schedule.NotFoundError
	fmt.Println(errors.As(err, &missing))
	// Output:
	// paused: true the disk is full
	// Rebuild the whole index every 24h
	// both are in the log
	// true
}
