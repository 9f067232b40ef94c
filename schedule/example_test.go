package schedule_test

import (
	"context"
	"fmt"
	"log"
	"log/slog"
	"time"

	"go.temporal.io/sdk/client"
	sdklog "go.temporal.io/sdk/log"

	"github.com/distributed-task-queue/taskqueue"
	"github.com/distributed-task-queue/taskqueue/internal/temporaltest"
	"github.com/distributed-task-queue/taskqueue/schedule"
)

// Digest is the parameters of the action "mail.digest".
type Digest struct {
	To string `json:"to"`
}

// Action names the action.
func (Digest) Action() string { return "mail.digest" }

// A digest that is mailed on every working day at seven, wherever the clocks are set to.
func Example() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	address := temporaltest.Server().Address // yours is 127.0.0.1:7233, or what TEMPORAL_ADDRESS says
	connection, err := client.Dial(client.Options{HostPort: address, Logger: sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler))})
	if err != nil {
		log.Fatal(err)
	}
	defer connection.Close()
	queue, err := taskqueue.New(taskqueue.Config{Temporal: connection, Queues: []taskqueue.Queue{{Name: "mail"}}})
	if err != nil {
		log.Fatal(err)
	}

	digest, err := taskqueue.Recurring(Digest{To: "ada@example.com"}, "Ada's digest")
	if err != nil {
		log.Fatal(err)
	}
	s, err := queue.Schedules().Create(ctx, "digest-ada", schedule.Definition{
		Spec: schedule.Spec{
			Cron: []string{"0 7 * * mon-fri"}, TimeZone: "Europe/Berlin", StartAt: time.Date(2090, 3, 24, 0, 0, 0, 0, time.UTC),
		},
		Task:    digest,
		Overlap: schedule.OverlapBufferOne,
		CatchUp: schedule.Duration(time.Hour), // a digest that would come later is not worth having
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(s.Task.Action, "on", s.Task.Queue, "by", s.Spec.Cron[0])
	for _, at := range s.NextRuns[:3] {
		fmt.Println(at.Format("Mon 2006-01-02 15:04 MST"))
	}
	if err := queue.Schedules().Delete(ctx, s.ID); err != nil {
		log.Fatal(err)
	}
	// Output:
	// mail.digest on mail by 0 7 * * 1-5
	// Fri 2090-03-24 06:00 UTC
	// Mon 2090-03-27 05:00 UTC
	// Tue 2090-03-28 05:00 UTC
}
