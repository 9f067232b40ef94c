package monitor_test

import (
	"context"
	"fmt"
	"log"

	"github.com/distributed-task-queue/taskqueue/internal/exampletest"
	"github.com/distributed-task-queue/taskqueue/internal/temporaltest"
	"github.com/distributed-task-queue/taskqueue/tasklog/monitor"
)

// A monitor measures how far the lists of the log are behind, and since when they are complete. Run does that again and again, and a program
// that is read by Prometheus registers the monitor.
func Example() {
	m, err := monitor.New(monitor.Config{
		Client: exampletest.Connect(), Namespace: temporaltest.Namespace, // yours is the connection of your taskqueue.Client
		Engine: "visibility", Logger: exampletest.Quiet(),
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("not measured yet:", m.Index() == nil)
	if err := m.Measure(context.Background()); err != nil {
		log.Fatal(err)
	}
	fmt.Println("up:", m.Index().Up, "and not more than the timeout behind:", m.Index().Lag < monitor.Config{}.WithDefaults().Timeout)
	fmt.Println("since when the log is complete is known:", m.Reach() != nil)
	// Output:
	// not measured yet: true
	// up: true and not more than the timeout behind: true
	// since when the log is complete is known: true
}
