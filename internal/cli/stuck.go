package cli

import (
	"context"
	"iter"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/distributed-task-queue/taskqueue/api"
	"github.com/distributed-task-queue/taskqueue/internal/app"
	"github.com/distributed-task-queue/taskqueue/stuck"
	"github.com/distributed-task-queue/taskqueue/tasklog"
)

func (p *program) stuckCommand() *cobra.Command {
	return group("stuck", "Find tasks that no worker will take, and enqueue them anew", p.stuckListCommand(), p.stuckRestartCommand())
}

func (p *program) stuckListCommand() *cobra.Command {
	var query stuck.Query
	c := &cobra.Command{
		Use: "list", Short: "List tasks that no worker will take, the oldest first", Args: cobra.NoArgs,
		Example: `  taskctl stuck list --action csv.import,mail.send --age 10m`,
		RunE: func(c *cobra.Command, _ []string) error {
			return p.stuck(c.Context(), query, func(a *app.App, _ *stuck.Finder, found iter.Seq2[stuck.Task, error]) error {
				result := struct {
					Total int            `json:"total"`
					Tasks []tasklog.View `json:"tasks"`
				}{Tasks: []tasklog.View{}}
				var all []stuck.Task
				for t, err := range found {
					if err != nil {
						return err
					}
					view, err := api.Presenter(a.Files, a.Logger).With(withCause(t)).Entity(c.Context(), t.Entity)
					if err != nil {
						return err
					}
					all, result.Tasks = append(all, t), append(result.Tasks, view)
				}
				result.Total = len(all)
				return p.print(result, func(table *table) {
					table.row("ID", "ACTION", "QUEUE", "OWNER", "LABEL", "CREATED", "CAUSE")
					for _, t := range all {
						table.row(t.ID, t.TaskName, t.Queue, t.Owner, t.Label, moment(t.CreatedAt), t.Cause)
					}
				})
			})
		},
	}
	bindStuck(c.Flags(), &query)
	return c
}

// withCause adds "cause" to a task that is stuck.
func withCause(t stuck.Task) tasklog.Decorator {
	return func(context.Context, tasklog.Entity) (string, any, bool, error) { return "cause", t.Cause, true, nil }
}

// restarted is what became of a task.
type restarted struct {
	ID    string `json:"id"`
	NewID string `json:"newId,omitempty"`
	Error string `json:"error,omitempty"`
}

func (p *program) stuckRestartCommand() *cobra.Command {
	var query stuck.Query
	c := &cobra.Command{
		Use: "restart", Short: "Cancel tasks that no worker will take, and enqueue each anew", Args: cobra.NoArgs,
		Long: `Cancel tasks that no worker will take, and enqueue each anew, with its owner, in the queue that the configuration now gives it. What goes
wrong with one task keeps nothing from the others.`,
		Example: `  taskctl stuck restart --action csv.import --queue imports`,
		RunE: func(c *cobra.Command, _ []string) error {
			return p.stuck(c.Context(), query, func(_ *app.App, finder *stuck.Finder, found iter.Seq2[stuck.Task, error]) error {
				result := struct {
					Total     int         `json:"total"`
					Restarted int         `json:"restarted"`
					Errors    int         `json:"errors"`
					Tasks     []restarted `json:"tasks"`
				}{Tasks: []restarted{}}
				for t, err := range found {
					if err != nil {
						return err
					}
					one := restarted{ID: string(t.ID)}
					if again, err := finder.Restart(c.Context(), t); err != nil {
						one.Error = err.Error()
						result.Errors++
					} else {
						one.NewID = string(again.ID)
						result.Restarted++
					}
					result.Total++
					result.Tasks = append(result.Tasks, one)
				}
				err := p.print(result, func(table *table) {
					table.row("ID", "NEW ID", "ERROR")
					for _, one := range result.Tasks {
						table.row(one.ID, one.NewID, one.Error)
					}
					table.row("total", result.Total)
					table.row("restarted", result.Restarted)
					table.row("errors", result.Errors)
				})
				if err == nil && result.Errors > 0 {
					return errTold
				}
				return err
			})
		},
	}
	bindStuck(c.Flags(), &query)
	return c
}

func bindStuck(flags *pflag.FlagSet, q *stuck.Query) {
	flags.StringSliceVar(&q.Actions, "action", nil, "an action whose tasks may be stuck; required, may be repeated or hold several with commas between them")
	flags.StringVar(&q.Queue, "queue", "", "only tasks of this queue (default: all)")
	flags.DurationVar(&q.Age, "age", stuck.MinAge, "how long a task must have waited, "+stuck.MinAge.String()+" at least")
}

// stuck calls do with the tasks that the query finds.
func (p *program) stuck(ctx context.Context, q stuck.Query, do func(*app.App, *stuck.Finder, iter.Seq2[stuck.Task, error]) error) error {
	if err := q.WithDefaults().Validate(); err != nil {
		return usagef("--%v", err)
	}
	return p.connected(ctx, func(a *app.App) error {
		finder := stuck.New(stuck.Config{Client: a.Client, Temporal: a.Temporal, Namespace: a.Namespace})
		return do(a, finder, finder.Find(ctx, q))
	})
}
