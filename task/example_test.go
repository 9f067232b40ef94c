package task_test

import (
	"fmt"
	"time"

	"github.com/distributed-task-queue/taskqueue/task"
)

// An error anywhere in the tree fails the task; a warning does not.
func ExampleReport() {
	report := task.Success("imported").WithData("refused.csv").Add(task.Info("12000 rows"), task.Warning("42 rows refused"))
	fmt.Println(report)
	fmt.Println(report.Status())
	fmt.Println(report.Add(task.Info("mail").Add(task.Error("nobody is there"))).Status())
	// Output:
	// success: imported
	//   info: 12000 rows
	//   warning: 42 rows refused
	// completed
	// failed
}

// The statuses, with the groups that JSON has and the names for people.
func ExampleStatuses() {
	for _, s := range task.Statuses() {
		fmt.Println(s, s.Group(), s.Label(), s.Closed())
	}
	_, err := task.ParseStatus("done")
	fmt.Println(err != nil)
	// Output:
	// enqueued created Queued false
	// dequeued in_progress In Progress false
	// running in_progress In Progress false
	// child_running in_progress In Progress false
	// completed completed Completed true
	// failed failed Failed true
	// archived archived Archived true
	// cancelled cancelled Cancelled true
	// true
}

func ExampleParseCategory() {
	fmt.Println(task.ParseCategory("export"))
	_, err := task.ParseCategory("party")
	fmt.Println(err != nil)
	// Output:
	// export <nil>
	// true
}

func ExamplePolicy() {
	fmt.Println(task.Policy{}.Idempotent(), task.Policy{Attempts: 5, Backoff: time.Second}.Idempotent())
	fmt.Println(task.Policy{Attempts: -1}.Validate() != nil)
	// Output:
	// false true
	// true
}
