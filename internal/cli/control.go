package cli

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/distributed-task-queue/taskqueue/internal/app"
	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/tasklog"
)

// progressInterval is how often a bulk operation says how far it is.
const progressInterval = time.Second

// bulkFunc is ArchiveMany or CancelMany.
type bulkFunc func(*tasklog.TaskLog, context.Context, tasklog.Selection, tasklog.BulkOptions) (tasklog.BulkResult, error)

func (p *program) archiveCommand() *cobra.Command {
	c := p.controlCommand("archived", "that have completed or failed", (*tasklog.TaskLog).ArchiveMany)
	c.Use, c.Short = "archive [ID...]", "Put tasks away; those that wait are cancelled first"
	c.Example = `  taskctl log archive 01a20c8c-5054-745a-8da8-6d08c343404d
  taskctl log archive --all --user jane
  taskctl log archive --status completed --filter 'updated_at < 2026-01-01' --dry-run`
	return c
}

func (p *program) cancelCommand() *cobra.Command {
	c := p.controlCommand("cancelled", "that have not begun", (*tasklog.TaskLog).CancelMany)
	c.Use, c.Short = "cancel [ID...]", "Cancel tasks that have not begun"
	c.Example = `  taskctl log cancel 01a20c8c-5054-745a-8da8-6d08c343404d --force
  taskctl log cancel --queue slow --action csv.import`
	return c
}

// controlCommand is what the two have in common.
func (p *program) controlCommand(done, all string, do bulkFunc) *cobra.Command {
	var (
		where   conditions
		options tasklog.BulkOptions
		every   bool
	)
	c := &cobra.Command{
		RunE: func(c *cobra.Command, args []string) error {
			s, err := selected(args, every, &where)
			if err != nil {
				return err
			}
			options.Progress = p.progress(done)
			return p.connected(c.Context(), func(a *app.App) error {
				result, err := do(a.Client.TaskLog(), c.Context(), s, options)
				if err != nil {
					err = fmt.Errorf("%d were %s, then: %w", result.Changed, done, err)
				}
				if err == nil || result.Changed+result.Failed > 0 {
					err = errors.Join(err, p.print(result, bulkTable(done, result)))
				}
				if err != nil {
					return err
				}
				if !options.DryRun && !result.Done() {
					return errTold
				}
				return nil
			})
		},
	}
	flags := c.Flags()
	where.bind(flags)
	flags.BoolVar(&every, "all", false, "all tasks "+all)
	flags.BoolVar(&options.Force, "force", false, "tasks in progress too")
	flags.BoolVar(&options.DryRun, "dry-run", false, "only count")
	flags.StringVar(&options.User, "user", tasklog.SuperUser, "only tasks of this user (default: everybody's)")
	return c
}

// selected returns what the arguments and flags select.
func selected(args []string, all bool, where *conditions) (tasklog.Selection, error) {
	s := tasklog.Selection{All: all}
	for _, id := range args {
		s.IDs = append(s.IDs, task.ID(id))
	}
	switch given := map[bool]int{true: 1}; given[len(args) > 0] + given[all] + given[where.given()] {
	case 0:
		return tasklog.Selection{}, usagef("which tasks? Give their ids, --all, or conditions such as --status, --queue, --owner or --filter")
	case 1:
	default:
		return tasklog.Selection{}, usagef("ids, --all and conditions such as --status or --filter exclude each other; give one kind of them")
	}
	if where.given() {
		s.Filter = tasklog.NewFilter()
		if err := where.add(s.Filter); err != nil {
			return tasklog.Selection{}, err
		}
	}
	return s, nil
}

// progress tells from time to time how far a bulk operation is, which is called by one goroutine at a time.
func (p *program) progress(done string) func(tasklog.BulkResult) {
	last := time.Now()
	return func(r tasklog.BulkResult) {
		if time.Since(last) < progressInterval {
			return
		}
		last = time.Now()
		_, _ = fmt.Fprintf(p.Err, "%d of %d %s, %d skipped, %d failed\n", r.Changed, r.Total, done, r.Skipped, r.Failed) // a lost line changes no result
	}
}

func bulkTable(done string, r tasklog.BulkResult) func(*table) {
	return func(t *table) {
		t.row("eligible", r.Eligible)
		t.row(done, r.Changed)
		t.row("skipped", r.Skipped)
		for _, reason := range slices.Sorted(maps.Keys(r.Reasons)) {
			t.row("", fmt.Sprintf("%d: %s", r.Reasons[reason], reason))
		}
		for _, s := range r.Skips {
			t.row("", fmt.Sprintf("%s: %s", s.ID, s.Reason))
		}
		t.row("failed", r.Failed)
		for _, f := range r.Failures {
			t.row("", fmt.Sprintf("%s: %s", f.ID, f.Reason))
		}
	}
}
