package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/distributed-task-queue/taskqueue/internal/app"
	"github.com/distributed-task-queue/taskqueue/tasklog"
)

func (p *program) logGroupsCommand() *cobra.Command {
	var (
		where    conditions
		grouping tasklog.Grouping
		from, to string
	)
	c := &cobra.Command{
		Use: "groups", Short: "Count tasks by a column, and tell how long they took", Args: cobra.NoArgs,
		Example: `  taskctl log groups --by task_name --times --from 2026-01-01
  taskctl log groups --by owner --status failed --top 10`,
		RunE: func(c *cobra.Command, _ []string) error {
			return p.connected(c.Context(), func(a *app.App) error {
				f := tasklog.NewFilter()
				if err := where.add(f); err != nil {
					return err
				}
				if from != "" {
					f.Gte(tasklog.CreatedAt, from)
				}
				if to != "" {
					f.Lte(tasklog.CreatedAt, to)
				}
				groups, err := a.Client.TaskLog().Group(c.Context(), f, grouping)
				if err != nil {
					return err
				}
				return p.print(groups, groupsTable(groups, grouping))
			})
		},
	}
	flags := c.Flags()
	where.bind(flags)
	flags.StringVar((*string)(&grouping.By), "by", "", "status, category, task_name, owner or queue (default: all tasks are one group)")
	flags.BoolVar(&grouping.Times, "times", false, "tell how long the tasks took, in seconds from when they were enqueued to when they ended")
	flags.IntVar(&grouping.Top, "top", tasklog.DefaultGroups, "how many groups to print at most, those with the most tasks")
	flags.StringVar(&from, "from", "", "only tasks that were enqueued then or later: 2026-01-31, '2026-01-31 15:04:05' (UTC) or 2026-01-31T15:04:05+01:00")
	flags.StringVar(&to, "to", "", "only tasks that were enqueued then or earlier")
	return c
}

func groupsTable(groups tasklog.Groups, g tasklog.Grouping) func(*table) {
	return func(t *table) {
		heads := []any{strings.ToUpper(string(g.By)), "TASKS"}
		if g.Times {
			heads = append(heads, "ENDED", "MIN", "MEAN", "P50", "P95", "MAX")
		}
		t.row(heads...)
		for _, group := range groups.Groups {
			cells := []any{group.Value, group.Count}
			if times := group.Times; times != nil {
				cells = append(cells, times.Count)
				for _, seconds := range []float64{times.Min, times.Mean, times.P50, times.P95, times.Max} {
					cells = append(cells, fmt.Sprintf("%.3f s", seconds))
				}
			}
			t.row(cells...)
		}
		if groups.Others > 0 {
			t.row("(others)", groups.Others)
		}
	}
}
