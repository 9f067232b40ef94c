package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/distributed-task-queue/taskqueue/internal/app"
	"github.com/distributed-task-queue/taskqueue/tasklog"
)

// presenter writes entities as the API does.
func presenter(a *app.App) tasklog.Presenter {
	var files tasklog.FileChecker = noFiles{}
	if a.Files != nil {
		files = a.Files
	}
	return tasklog.Presenter{Decorators: []tasklog.Decorator{
		tasklog.WithCategory(),
		tasklog.WithHasFile(files),
		func(_ context.Context, e tasklog.Entity) (string, any, bool, error) {
			return "rawStatus", e.Status, true, nil
		},
		text("queue", func(e tasklog.Entity) string { return e.Queue }),
		text("owner", func(e tasklog.Entity) string { return e.Owner }),
		text("parentId", func(e tasklog.Entity) string { return string(e.ParentID) }),
		func(_ context.Context, e tasklog.Entity) (string, any, bool, error) {
			raw := json.RawMessage(e.Parameters)
			return "parameters", raw, json.Valid(raw), nil // a list has only the beginning of long ones
		},
	}}
}

// noFiles is the storage of a configuration that has none.
type noFiles struct{}

func (noFiles) Exists(context.Context, string) (bool, error) { return false, nil }

// text adds a key unless its text is empty.
func text(key string, value func(tasklog.Entity) string) tasklog.Decorator {
	return func(_ context.Context, e tasklog.Entity) (string, any, bool, error) {
		return key, value(e), value(e) != "", nil
	}
}

// printEntity prints one task.
func (p *program) printEntity(ctx context.Context, a *app.App, e tasklog.Entity) error {
	view, err := presenter(a).Entity(ctx, e)
	if err != nil {
		return err
	}
	return p.print(view, func(t *table) {
		t.row("id", e.ID)
		t.row("action", e.TaskName)
		t.row("label", e.Label)
		t.row("status", e.Status.Label())
		t.row("queue", e.Queue)
		t.row("owner", cmp.Or(e.Owner, "-"))
		t.row("category", e.Category)
		t.row("parent", cmp.Or(string(e.ParentID), "-"))
		t.row("created", moment(e.CreatedAt))
		t.row("updated", moment(e.UpdatedAt))
		t.row("parameters", e.Parameters)
		if e.Report == nil {
			return
		}
		for i, line := range strings.Split(e.Report.String(), "\n") {
			t.row(map[bool]string{true: "report"}[i == 0], line)
		}
	})
}

// moment writes a time for people.
func moment(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.Local().Format(time.DateTime) //nolint:gosmopolitan // people read the clock on their wall
}
