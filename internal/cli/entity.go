package cli

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/distributed-task-queue/taskqueue/api"
	"github.com/distributed-task-queue/taskqueue/internal/app"
	"github.com/distributed-task-queue/taskqueue/tasklog"
)

// printEntity prints one task.
func (p *program) printEntity(ctx context.Context, a *app.App, e tasklog.Entity) error {
	view, err := api.Presenter(a.Files, a.Logger).Entity(ctx, e)
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
		if e.Attempts > 0 {
			t.row("attempts", e.Attempts)
		}
		if e.Progress != nil {
			t.row("progress", fmt.Sprintf("%.0f %% %s", e.Progress.Percent, e.Progress.Message))
		}
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
