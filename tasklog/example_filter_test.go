package tasklog_test

import (
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/tasklog"
)

// Tasks as an engine finds them.
var rows = []tasklog.Row{
	{Entity: tasklog.Entity{ID: "a", TaskName: "csv.import", Label: "Monday's cities", Owner: "jane", Status: task.Completed, CreatedAt: day(2)}},
	{Entity: tasklog.Entity{ID: "b", TaskName: "csv.import", Label: "Tuesday's rivers", Owner: "jane", Status: task.Failed, CreatedAt: day(3)}},
	{Entity: tasklog.Entity{ID: "c", TaskName: "mail.send", Label: "Monday's news", Owner: "john", Status: task.Failed, CreatedAt: day(2)}},
	{Entity: tasklog.Entity{ID: "d", TaskName: "mail.send", Label: "Old news", Owner: "jane", Status: task.Archived, CreatedAt: day(1)}},
}

func day(d int) time.Time { return time.Date(2026, time.February, d, 8, 0, 0, 0, time.UTC) }

// matches returns the ids of the rows that satisfy the filter.
func matches(f *tasklog.Filter) (ids []task.ID) {
	for _, row := range rows {
		if f.Match(row) {
			ids = append(ids, row.ID)
		}
	}
	return ids
}

// Every operator on every column; all conditions must hold.
func ExampleFilter() {
	for _, f := range []*tasklog.Filter{
		tasklog.NewFilter().Eq(tasklog.Owner, "jane").Neq(tasklog.Status, task.Archived),
		tasklog.NewFilter().Like(tasklog.Label, "Monday%"),
		tasklog.NewFilter().NotLike(tasklog.Label, "%news"),
		tasklog.NewFilter().In(tasklog.Status, []task.Status{task.Failed, task.Archived}).Lt(tasklog.CreatedAt, "2026-02-03"),
		tasklog.NewFilter().NotIn(tasklog.TaskName, []string{"mail.send"}).Gte(tasklog.CreatedAt, "2026-02-03 08:00:00"),
		tasklog.NewFilter().Gt(tasklog.ID, "a").Lte(tasklog.ID, "c"),
	} {
		fmt.Println(matches(f))
	}
	// Output:
	// [a b]
	// [a c]
	// [a b]
	// [c d]
	// [b]
	// [b c]
}

// The presets of the lists that people see.
func ExampleFilter_AddAvailableFilters() {
	fmt.Println("jane is shown", matches(tasklog.NewFilter().AddAvailableFilters("jane", false, false)))
	fmt.Println("with archived ones", matches(tasklog.NewFilter().AddAvailableFilters("jane", true, false)))
	fmt.Println("everybody's", matches(tasklog.NewFilter().AddAvailableFilters(tasklog.SuperUser, false, false)))
	fmt.Println("without mail", matches(tasklog.NewFilter().WithIgnoredTasks("mail.send").AddAvailableFilters(tasklog.SuperUser, false, false)))
	fmt.Println("archive all of jane's", matches(tasklog.NewFilter().AvailableForArchived("jane")))
	// Output:
	// jane is shown [a b]
	// with archived ones [a b d]
	// everybody's [a b c]
	// without mail [a b]
	// archive all of jane's [a b]
}

// Conditions as people write them, on the command line and in a query.
func ExampleFilter_AddExpression() {
	f := tasklog.NewFilter()
	for _, text := range []string{"createdAt >= 2026-02-02", "label like Monday%", "status in completed,failed"} {
		if err := f.AddExpression(text); err != nil {
			log.Fatal(err)
		}
	}
	fmt.Println(matches(f))

	err := f.AddExpression("colour = red")
	var wrong *tasklog.FilterError
	fmt.Println(errors.As(err, &wrong))
	// Output:
	// [a c]
	// true
}

// The first wrong input is the filter's error, and every search with it fails.
func ExampleFilter_Err() {
	f := tasklog.NewFilter().Eq(tasklog.CreatedAt, "yesterday").Eq(tasklog.Owner, "jane")
	fmt.Println(f.Err() != nil)
	_, err := tasklog.ParseOperator("between")
	fmt.Println(err != nil)
	fmt.Println(tasklog.NewFilter().Deselect(tasklog.Status))
	// Output:
	// true
	// true
	// filter: "status" is not valid column or not unselectable; these can be left out: [parameters label owner created_at updated_at category queue]
}

// Columns may be spelled as in JSON or as in the PHP system.
func ExampleParseColumn() {
	for _, name := range []string{"taskName", "task_name", "createdAt"} {
		column, err := tasklog.ParseColumn(name)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(column)
	}
	// Output:
	// task_name
	// task_name
	// created_at
}
