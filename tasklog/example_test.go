package tasklog_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"slices"

	taskqueue "github.com/distributed-task-queue/taskqueue"
	"github.com/distributed-task-queue/taskqueue/internal/exampletest"
	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/tasklog"
)

// Import is the parameters of the action "csv.import".
type Import struct {
	File string `json:"file"`
}

// Action names the action.
func (Import) Action() string { return "csv.import" }

// exampleClient returns a client with a queue of its own that knows the action csv.import.
func exampleClient(queue string, observers ...tasklog.Observer) *taskqueue.Client {
	registry := taskqueue.NewRegistry()
	err := taskqueue.Register(registry, func(_ context.Context, i Import) (task.Report, error) {
		if i.File == "" {
			return task.Error("which file?"), nil
		}
		return task.Success("imported %s", i.File), nil
	})
	if err != nil {
		log.Fatal(err)
	}
	client, err := taskqueue.New(taskqueue.Config{
		Temporal: exampletest.Connect(), Actions: registry, Queues: []taskqueue.Queue{{Name: queue}}, Observers: observers,
		Categories: map[string]task.Category{"csv.import": task.CategoryImport},
	})
	if err != nil {
		log.Fatal(err)
	}
	return client
}

// enqueue enqueues an import for each file, for the owner.
func enqueue(client *taskqueue.Client, owner string, files ...string) (ids []task.ID) {
	for _, file := range files {
		created, err := client.CreateTask(context.Background(), "csv.import", Import{File: file}, "Import of "+file, &taskqueue.Options{Owner: owner})
		if err != nil {
			log.Fatal(err)
		}
		ids = append(ids, created.ID)
	}
	return ids
}

// Lists, pages and full text.
func Example() {
	jane := exampletest.Unique("jane")
	ctx := context.Background()
	client := exampleClient("example-log")
	defer exampletest.Work(client)()
	for _, id := range enqueue(client, jane, "cities.csv", "rivers.csv", "Zürich.csv") {
		exampletest.Await(client, id)
	}
	janes := tasklog.NewFilter().Eq(tasklog.Owner, jane).Eq(tasklog.Status, task.Completed)
	exampletest.AwaitListed(client, janes, 3) // lists are some seconds behind at most

	f := janes.Clone().Limit(2).WithTotal()
	page, err := client.TaskLog().Page(ctx, f)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("newest first:", page.Tasks[0].Label, "and", page.Tasks[1].Label, "of", page.Total)
	page, err = client.TaskLog().Page(ctx, f.After(page.Next))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("next page:", page.Tasks[0].Label)

	text := janes.Clone().Text("zurich import*") // case, accents and order do not matter
	found, err := client.TaskLog().Search(ctx, text)
	if err != nil {
		log.Fatal(err)
	}
	for _, piece := range text.Highlights(found[0])["taskLabel"][0] {
		fmt.Printf("%q is a match: %t\n", piece.Text, piece.Match)
	}
	// Output:
	// newest first: Import of Zürich.csv and Import of rivers.csv of 3
	// next page: Import of cities.csv
	// "Import" is a match: true
	// " of " is a match: false
	// "Zürich" is a match: true
	// ".csv" is a match: false
}

// A page, with how many tasks there are in all.
func ExampleTaskLog_Page() {
	jane := exampletest.Unique("jane")
	ctx := context.Background()
	client := exampleClient("example-page")
	for _, label := range []string{"Monday's cities", "Monday's rivers", "Tuesday's cities"} {
		if _, err := client.CreateTask(ctx, "csv.import", nil, label, &taskqueue.Options{Owner: jane}); err != nil {
			log.Fatal(err)
		}
	}
	f := tasklog.NewFilter().Eq(tasklog.Owner, jane).Gte(tasklog.CreatedAt, "2026-01-31").Like(tasklog.Label, "Monday%").Limit(20).WithTotal()
	exampletest.AwaitListed(client, f, 2) // lists are some seconds behind at most
	page, err := client.TaskLog().Page(ctx, f)
	if err != nil {
		log.Fatal(err)
	}
	for _, entity := range page.Tasks {
		fmt.Println(entity.Label, "is", entity.Status.Label())
	}
	fmt.Println(page.Total, "in all; there is another page:", page.Next != "")
	// Output:
	// Monday's rivers is Queued
	// Monday's cities is Queued
	// 2 in all; there is another page: false
}

// Counts for a user, and by a column with how long tasks took.
func ExampleTaskLog_Group() {
	jane := exampletest.Unique("jane")
	ctx := context.Background()
	client := exampleClient("example-groups")
	defer exampletest.Work(client)()
	for _, id := range enqueue(client, jane, "a.csv", "b.csv", "") {
		exampletest.Await(client, id)
	}
	f := tasklog.NewFilter().Eq(tasklog.Owner, jane).In(tasklog.Status, []task.Status{task.Completed, task.Failed})
	exampletest.AwaitListed(client, f, 3)

	stats, err := client.TaskLog().Stats(ctx, jane)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(stats.Completed, "completed,", stats.Failed, "failed,", stats.InProgress, "in progress")
	groups, err := client.TaskLog().Group(ctx, f, tasklog.Grouping{By: tasklog.Status, Times: true})
	if err != nil {
		log.Fatal(err)
	}
	for _, g := range groups.Groups {
		fmt.Println(g.Value, g.Count, "of which", g.Times.Count, "have a time")
	}
	// Output:
	// 2 completed, 1 failed, 0 in progress
	// completed 2 of which 2 have a time
	// failed 1 of which 1 have a time
}

// A page for a table on a web page, with a column of one's own.
func ExampleTaskLog_DataTable() {
	jane := exampletest.Unique("jane")
	client := exampleClient("example-table")
	enqueue(client, jane, "a.csv", "b.csv", "c.csv")
	f := tasklog.NewFilter().Eq(tasklog.Owner, jane)
	exampletest.AwaitListed(client, f, 3)
	payload, err := client.TaskLog().DataTable(context.Background(), f, tasklog.DataTable{
		Request: tasklog.DataTableRequest{
			Rows: new(2), SortBy: "taskLabel", FilterColumns: map[string]any{"status": []any{"created", "in_progress"}},
		},
		CustomiseRow: func(e tasklog.Entity) (map[string]any, error) { return map[string]any{"title": e.Label}, nil },
		Override:     true,
	})
	if err != nil {
		log.Fatal(err)
	}
	encoded, err := json.Marshal(payload)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(encoded))
	// Output:
	// {"rows":2,"page":1,"amount":2,"total":2,"data":[{"title":"Import of a.csv"},{"title":"Import of b.csv"}]}
}

// A task that has not started is cancelled without a worker, and never runs. Observers are told.
func ExampleTaskLog_Cancel() {
	ctx := context.Background()
	client := exampleClient("example-cancel", func(_ context.Context, e tasklog.Event) {
		fmt.Println("told:", e.Type, e.Entity.Label)
	})
	id := enqueue(client, "jane", "a.csv")[0]
	changed, err := client.TaskLog().Cancel(ctx, id, tasklog.ControlOptions{User: "jane"})
	if err != nil {
		log.Fatal(err)
	}
	cancelled, err := client.TaskLog().Get(ctx, id)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(changed, cancelled.Status)

	_, err = client.TaskLog().Cancel(ctx, id, tasklog.ControlOptions{User: "john"}) // not his
	var missing *tasklog.NotFoundError
	fmt.Println(errors.As(err, &missing))
	// Output:
	// told: TaskLogCancelled Import of a.csv
	// true cancelled
	// true
}

// A task that has ended is put away, and stays in the log.
func ExampleTaskLog_Archive() {
	ctx := context.Background()
	client := exampleClient("example-archive")
	defer exampletest.Work(client)()
	id := enqueue(client, "jane", "a.csv")[0]
	exampletest.Await(client, id)
	if _, err := client.TaskLog().Archive(ctx, id, tasklog.ControlOptions{}); err != nil {
		log.Fatal(err)
	}
	archived, err := client.TaskLog().Get(ctx, id)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(archived.Status, "with", archived.Report.Children[0].Message)
	_, err = client.TaskLog().GetByIDAndUser(ctx, id, "jane", false)
	fmt.Println(err != nil)
	// Output:
	// archived with imported a.csv
	// true
}

// Many tasks at once: by ids, all, or by a filter; first only counted.
func ExampleTaskLog_CancelMany() {
	jane := exampletest.Unique("jane")
	ctx := context.Background()
	client := exampleClient("example-bulk")
	enqueue(client, jane, "a.csv", "b.csv", "c.csv")
	f := tasklog.NewFilter().Eq(tasklog.Owner, jane)
	exampletest.AwaitListed(client, f, 3)
	selection := tasklog.Selection{Filter: f.Clone().NotLike(tasklog.Label, "%c.csv")}
	would, err := client.TaskLog().CancelMany(ctx, selection, tasklog.BulkOptions{DryRun: true})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(would.Eligible, "would be cancelled,", would.Changed, "were")
	result, err := client.TaskLog().CancelMany(ctx, selection, tasklog.BulkOptions{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(result.Changed, "were cancelled")
	result, err = client.TaskLog().CancelMany(ctx, tasklog.Selection{IDs: []task.ID{"no-such-task"}}, tasklog.BulkOptions{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(result.Changed, "were cancelled,", result.Unknown, "is unknown")
	// Output:
	// 2 would be cancelled, 0 were
	// 2 were cancelled
	// 0 were cancelled, 1 is unknown
}

// What happened to a task.
func ExampleTaskLog_Timeline() {
	client := exampleClient("example-timeline")
	defer exampletest.Work(client)()
	id := enqueue(client, "jane", "a.csv")[0]
	exampletest.Await(client, id)
	moments, err := client.TaskLog().Timeline(context.Background(), id)
	if err != nil {
		log.Fatal(err)
	}
	var kinds []tasklog.MomentKind
	for _, m := range moments {
		kinds = append(kinds, m.Kind)
	}
	fmt.Println(kinds[0], kinds[len(kinds)-1], slices.Contains(kinds, tasklog.MomentStarted))
	// Output:
	// enqueued completed true
}

// The JSON of a task, with a key of one's own.
func ExamplePresenter() {
	e := tasklog.Entity{
		ID: "42", TaskName: "csv.import", Label: "Cities", Status: task.Completed, Category: task.CategoryImport,
		Report: new(task.Info("Running task 42").Add(task.Success("imported"))),
	}
	colour := func(_ context.Context, e tasklog.Entity) (string, any, bool, error) {
		return "colour", "green", e.Status == task.Completed, nil
	}
	view, err := tasklog.Presenter{WithoutReport: true}.With(tasklog.WithCategory(), colour).Entity(context.Background(), e)
	if err != nil {
		log.Fatal(err)
	}
	encoded, err := json.Marshal(view)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(encoded))
	// Output:
	// {"id":"42","taskName":"csv.import","status":"completed","masterStatus":false,"statusLabel":"Completed","taskLabel":"Cities","category":"import","colour":"green"}
}
