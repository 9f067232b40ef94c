package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/distributed-task-queue/taskqueue/api"
	"github.com/distributed-task-queue/taskqueue/internal/app"
	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/tasklog"
)

func (p *program) logCommand() *cobra.Command {
	return group("log", "Look into the task log, and put tasks away",
		p.logListCommand(), p.logGetCommand(), p.logTreeCommand(), p.logStatsCommand(), p.logGroupsCommand(), p.logInfoCommand(), p.archiveCommand(), p.cancelCommand())
}

func (p *program) logListCommand() *cobra.Command {
	var s selection
	c := &cobra.Command{
		Use: "list", Short: "List tasks, the newest first", Args: cobra.NoArgs,
		Example: `  taskctl log list --status failed --owner jane
  taskctl log list --filter 'created_at >= 2026-01-31' --filter 'label like Monday%' --sort updated_at --order desc
  taskctl log list --text 'invoic* jane'`,
		RunE: func(c *cobra.Command, _ []string) error {
			return p.connected(c.Context(), func(a *app.App) error {
				filter, err := s.filter(a.Client.TaskLog())
				if err != nil {
					return err
				}
				found, err := a.Client.TaskLog().Page(c.Context(), filter.WithTotal())
				if err != nil {
					return err
				}
				views, err := api.Presenter(a.Files, a.Logger).With(tasklog.WithHighlights(filter)).Collection(c.Context(), found.Tasks)
				if err != nil {
					return err
				}
				page := struct {
					Total int64          `json:"total"`
					Tasks []tasklog.View `json:"tasks"`
					Next  string         `json:"next,omitempty"`
				}{found.Total, views, found.Next}
				return p.print(page, func(t *table) {
					t.row("ID", "ACTION", "STATUS", "LABEL", "QUEUE", "OWNER", "CREATED", "UPDATED")
					for _, e := range found.Tasks {
						t.row(e.ID, e.TaskName, e.Status.Label(), e.Label, e.Queue, e.Owner, moment(e.CreatedAt), moment(e.UpdatedAt))
					}
					t.row(fmt.Sprintf("%d of %d", len(found.Tasks), found.Total))
					if found.Next != "" {
						t.row("next page: --cursor " + found.Next)
					}
				})
			})
		},
	}
	s.bind(c.Flags())
	return c
}

func (p *program) logGetCommand() *cobra.Command {
	return &cobra.Command{
		Use: "get ID", Short: "Show one task with its report", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return p.connected(c.Context(), func(a *app.App) error {
				e, err := a.Client.TaskLog().Get(c.Context(), task.ID(args[0]))
				if err != nil {
					return err
				}
				return p.printEntity(c.Context(), a, e)
			})
		},
	}
}

func (p *program) logTreeCommand() *cobra.Command {
	return &cobra.Command{
		Use: "tree ID", Short: "Show one task with its children, and theirs", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return p.connected(c.Context(), func(a *app.App) error {
				tree, err := a.Client.TaskLog().Tree(c.Context(), task.ID(args[0]))
				if err != nil {
					return err
				}
				view, err := api.Presenter(a.Files, a.Logger).Tree(c.Context(), tree)
				if err != nil {
					return err
				}
				return p.print(view, func(t *table) {
					t.row("ID", "ACTION", "STATUS", "LABEL", "CREATED")
					treeRows(t, tree, "")
				})
			})
		},
	}
}

// treeRows prints a task, and its children indented below it.
func treeRows(t *table, tree *tasklog.Tree, indent string) {
	e := tree.Entity
	t.row(indent+string(e.ID), e.TaskName, e.Status.Label(), e.Label, moment(e.CreatedAt))
	for _, child := range tree.Children {
		treeRows(t, child, indent+"  ")
	}
}

func (p *program) logStatsCommand() *cobra.Command {
	var user string
	c := &cobra.Command{
		Use: "stats", Short: "Count tasks that are completed, failed and in progress", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return p.connected(c.Context(), func(a *app.App) error {
				stats, err := a.Client.TaskLog().Stats(c.Context(), user)
				if err != nil {
					return err
				}
				return p.print(stats, func(t *table) {
					t.row("completed", stats.Completed)
					t.row("failed", stats.Failed)
					t.row("in progress", stats.InProgress)
				})
			})
		},
	}
	c.Flags().StringVar(&user, "user", tasklog.SuperUser, "whose tasks to count (default: everybody's)")
	return c
}
