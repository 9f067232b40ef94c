package tasklog_test

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/tasklog"
)

func exported() tasklog.Entity {
	report := task.Info("Running task http://demo.test/x.rdf#i9").Add(task.Success("42 rows").WithData("out.csv"))
	return tasklog.Entity{
		ID: "http://demo.test/x.rdf#i9", ParentID: "p", TaskName: `acme\jobs\Nightly`, Parameters: `{"a":1}`, Label: "Nightly run",
		Status: task.Completed, Owner: "alice", Report: &report, Category: task.CategoryExport, Queue: "q",
		CreatedAt: time.Unix(1735689600, 0), UpdatedAt: time.Unix(1735689660, 0),
	}.WithClock(func() time.Time { return time.Unix(1735689720, 0) })
}

func toJSON(t *testing.T, v any) string {
	t.Helper()
	encoded, err := json.Marshal(v)
	require.NoError(t, err)
	return string(encoded)
}

const exportedJSON = `{"id":"http://demo.test/x.rdf#i9","taskName":"acme\\jobs\\Nightly","status":"completed","masterStatus":false,` +
	`"statusLabel":"Completed","taskLabel":"Nightly run","createdAt":1735689600,"createdAtElapsed":120,` +
	`"updatedAt":1735689660,"updatedAtElapsed":60,` +
	`"report":{"type":"info","message":"Running task http://demo.test/x.rdf#i9","data":null,` +
	`"children":[{"type":"success","message":"42 rows","data":"out.csv","children":[]}]}`

func TestEntityJSON(t *testing.T) {
	t.Parallel()
	require.Equal(t, exportedJSON+"}", toJSON(t, exported()))
	require.Equal(t, `{"id":"x","taskName":"a","status":"in_progress","masterStatus":true,"statusLabel":"In Progress"}`,
		toJSON(t, tasklog.Entity{ID: "x", TaskName: "a", Status: task.ChildRunning, MasterStatus: true, Owner: "alice"}))
}

func TestCollectionJSON(t *testing.T) {
	t.Parallel()
	require.Equal(t, "[]", toJSON(t, tasklog.Collection(nil)))
	require.Equal(t, "[]", toJSON(t, tasklog.Collection{}))
	require.Equal(t, "["+exportedJSON+"}]", toJSON(t, tasklog.Collection{exported()}))
}

func TestStatsJSON(t *testing.T) {
	t.Parallel()
	require.Equal(t, `{"numberOfTasksCompleted":10,"numberOfTasksFailed":2,"numberOfTasksInProgress":5}`,
		toJSON(t, tasklog.Stats{Completed: 10, Failed: 2, InProgress: 5}))
}

type files map[string]bool

func (f files) Exists(_ context.Context, name string) (bool, error) {
	exists, known := f[name]
	if !known {
		return false, errors.New("the storage is away")
	}
	return exists, nil
}

func TestSimpleManagement(t *testing.T) {
	t.Parallel()
	redirect := func(_ context.Context, e tasklog.Entity) (string, error) {
		if e.Owner == "stranger" {
			return "", nil
		}
		return "/to?taskId=" + string(e.ID), nil
	}
	present := func(p tasklog.Presenter, change func(*tasklog.Entity)) string {
		e := exported()
		change(&e)
		view, err := p.Entity(t.Context(), e)
		require.NoError(t, err)
		return toJSON(t, view)
	}
	p := tasklog.SimpleManagement(files{"out.csv": true}, redirect, true,
		func(context.Context, tasklog.Entity) (string, any, bool, error) { return "extra", 1, true, nil })

	require.Equal(t, exportedJSON+`,"category":"export","hasFile":true,"extra":1}`, present(p, func(*tasklog.Entity) {}))
	for _, category := range []task.Category{task.CategoryDelete, task.CategoryExport, task.CategoryUnknown, task.CategoryUnrelatedResource} {
		require.NotContains(t, present(p, func(e *tasklog.Entity) { e.Category = category }), "redirectUrl")
	}
	for _, status := range []task.Status{task.Completed, task.Archived} {
		require.Contains(t, present(p, func(e *tasklog.Entity) { e.Status, e.Category = status, task.CategoryImport }),
			`"hasFile":true,"redirectUrl":"/to?taskId=http://demo.test/x.rdf#i9","extra":1}`)
	}
	require.NotContains(t, present(p, func(e *tasklog.Entity) { e.Status, e.Category = task.Running, task.CategoryImport }), "redirectUrl")
	require.NotContains(t, present(p, func(e *tasklog.Entity) { e.Owner, e.Category = "stranger", task.CategoryImport }), "redirectUrl")
	require.Contains(t, present(p, func(e *tasklog.Entity) { e.Report = nil }), `"hasFile":false`)

	without := tasklog.SimpleManagement(files{"out.csv": false}, redirect, false)
	got := present(without, func(*tasklog.Entity) {})
	require.NotContains(t, got, `"report"`)
	require.Contains(t, got, `"hasFile":false`)

	views, err := tasklog.SimpleManagement(files{}, redirect, true).Collection(t.Context(), tasklog.Collection{exported()})
	require.NoError(t, err, "a list does not fail because the storage is away")
	require.Equal(t, "["+exportedJSON+`,"category":"export"}]`, toJSON(t, views))
	views, err = without.Collection(t.Context(), nil)
	require.NoError(t, err)
	require.Equal(t, "[]", toJSON(t, views))
}

// slow is a storage that answers after a while.
type slow struct{}

func (slow) Exists(context.Context, string) (bool, error) {
	time.Sleep(20 * time.Millisecond)
	return true, nil
}

// A list, or a tree, waits for its files together and not one by one.
func TestFilesOfAListAreLookedForTogether(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := tasklog.Presenter{Decorators: []tasklog.Decorator{tasklog.WithHasFile(slow{})}}
		list, tree := make(tasklog.Collection, 1000), &tasklog.Tree{Entity: exported()}
		for i := range list {
			list[i] = exported()
			list[i].ID = task.ID(strconv.Itoa(i))
			parent := tree
			if i%3 > 0 {
				parent = tree.Children[len(tree.Children)-1]
			}
			parent.Children = append(parent.Children, &tasklog.Tree{Entity: list[i]})
		}
		began := time.Now()
		views, err := p.Collection(t.Context(), list)
		require.NoError(t, err)
		for i, v := range views {
			require.Equal(t, task.ID(strconv.Itoa(i)), v.Entity.ID, "in order")
			require.Contains(t, toJSON(t, v), `"hasFile":true`)
		}
		shown, err := p.Tree(t.Context(), tree)
		require.NoError(t, err)
		require.Less(t, time.Since(began), 4*time.Second)
		require.Len(t, shown.Children, 334)
		for i, child := range shown.Children[:333] {
			require.Equal(t, task.ID(strconv.Itoa(3*i)), child.Task.Entity.ID)
			require.Equal(t, task.ID(strconv.Itoa(3*i+2)), child.Children[1].Task.Entity.ID)
		}
	})
}
