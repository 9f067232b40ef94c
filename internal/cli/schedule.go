package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/distributed-task-queue/taskqueue/internal/app"
	"github.com/distributed-task-queue/taskqueue/schedule"
)

func (p *program) scheduleCommand() *cobra.Command {
	return group("schedule", "Enqueue tasks again and again",
		p.scheduleCreateCommand(), p.scheduleListCommand(), p.scheduleGetCommand(), p.scheduleUpdateCommand(), p.schedulePauseCommand(),
		p.scheduleResumeCommand(), p.scheduleTriggerCommand(), p.scheduleBackfillCommand(), p.scheduleDeleteCommand())
}

func (p *program) scheduleCreateCommand() *cobra.Command {
	var flags scheduleFlags
	c := &cobra.Command{
		Use: "create ID ACTION", Short: "Make a schedule", Args: cobra.ExactArgs(2),
		Example: `  taskctl schedule create nightly csv.import --params @import.json --cron '30 2 * * mon-fri' --time-zone Europe/Berlin
  taskctl schedule create ping http.request --params '{"url": "https://example.com"}' --every 5m --catch-up 1m`,
		RunE: func(c *cobra.Command, args []string) error {
			var d schedule.Definition
			d.Task.Action = args[1]
			if err := flags.apply(c.Flags(), &d, p.In); err != nil {
				return err
			}
			return p.scheduled(c.Context(), func(s *schedule.Schedules) (schedule.Schedule, error) {
				return s.Create(c.Context(), args[0], d)
			})
		},
	}
	flags.bind(c.Flags())
	return c
}

func (p *program) scheduleUpdateCommand() *cobra.Command {
	var (
		flags  scheduleFlags
		action string
	)
	c := &cobra.Command{
		Use: "update ID", Short: "Change what the flags name of a schedule", Args: cobra.ExactArgs(1),
		Long: "Change what the flags name of a schedule. --cron and --every replace all times that it has had.",
		RunE: func(c *cobra.Command, args []string) error {
			return p.scheduled(c.Context(), func(s *schedule.Schedules) (schedule.Schedule, error) {
				return s.Update(c.Context(), args[0], func(d *schedule.Definition) error {
					if c.Flags().Changed("action") {
						d.Task.Action = action
					}
					return flags.apply(c.Flags(), d, p.In)
				})
			})
		},
	}
	flags.bind(c.Flags())
	c.Flags().StringVar(&action, "action", "", "the action to run")
	return c
}

func (p *program) scheduleGetCommand() *cobra.Command {
	return &cobra.Command{
		Use: "get ID", Short: "Show one schedule with its next and its recent runs", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return p.scheduled(c.Context(), func(s *schedule.Schedules) (schedule.Schedule, error) { return s.Get(c.Context(), args[0]) })
		},
	}
}

func (p *program) schedulePauseCommand() *cobra.Command {
	var note string
	c := &cobra.Command{
		Use: "pause ID", Short: "Keep a schedule from running by itself", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return p.scheduled(c.Context(), func(s *schedule.Schedules) (schedule.Schedule, error) {
				return s.Pause(c.Context(), args[0], note)
			})
		},
	}
	c.Flags().StringVar(&note, "note", "", "why")
	return c
}

func (p *program) scheduleResumeCommand() *cobra.Command {
	return &cobra.Command{
		Use: "resume ID", Short: "Let a paused schedule run by itself again", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return p.scheduled(c.Context(), func(s *schedule.Schedules) (schedule.Schedule, error) { return s.Resume(c.Context(), args[0]) })
		},
	}
}

func (p *program) scheduleBackfillCommand() *cobra.Command {
	var from, to, overlap string
	c := &cobra.Command{
		Use: "backfill ID", Short: "Run a schedule's task for times in the past that have no task yet", Args: cobra.ExactArgs(1),
		Example: `  taskctl schedule backfill nightly --from 2026-01-05T00:00:00Z --to 2026-01-12T00:00:00Z`,
		RunE: func(c *cobra.Command, args []string) error {
			start, err := parseMoment("--from", from)
			if err != nil {
				return err
			}
			end := time.Now()
			if to != "" {
				if end, err = parseMoment("--to", to); err != nil {
					return err
				}
			}
			return p.scheduled(c.Context(), func(s *schedule.Schedules) (schedule.Schedule, error) {
				return s.Backfill(c.Context(), args[0], start, end, schedule.Overlap(overlap))
			})
		},
	}
	c.Flags().StringVar(&from, "from", "", "the first moment, as in 2026-01-05T00:00:00Z")
	c.Flags().StringVar(&to, "to", "", "the last moment (default: now)")
	c.Flags().StringVar(&overlap, "overlap", "", fmt.Sprintf("one of %v, for these runs (default %s)", schedule.Overlaps(), schedule.OverlapBufferAll))
	return c
}

func (p *program) scheduleTriggerCommand() *cobra.Command {
	return &cobra.Command{
		Use: "trigger ID", Short: "Run a schedule's task now", Args: cobra.ExactArgs(1),
		Long: "Run a schedule's task now, also while the schedule is paused. There is no such task if the overlap policy leaves the run out.",
		RunE: func(c *cobra.Command, args []string) error {
			return p.connected(c.Context(), func(a *app.App) error {
				id, err := a.Client.Schedules().Trigger(c.Context(), args[0])
				if err != nil {
					return err
				}
				return p.print(map[string]any{"taskId": id}, func(t *table) { t.row("task", id) })
			})
		},
	}
}

func (p *program) scheduleDeleteCommand() *cobra.Command {
	return &cobra.Command{
		Use: "delete ID", Short: "End a schedule; its tasks stay", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return p.connected(c.Context(), func(a *app.App) error {
				if err := a.Client.Schedules().Delete(c.Context(), args[0]); err != nil {
					return err
				}
				return p.print(map[string]any{"deleted": args[0]}, func(t *table) { t.row("deleted", args[0]) })
			})
		},
	}
}

func (p *program) scheduleListCommand() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List all schedules", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return p.connected(c.Context(), func(a *app.App) error {
				all, err := a.Client.Schedules().List(c.Context())
				if err != nil {
					return err
				}
				return p.print(map[string]any{"schedules": all}, func(t *table) {
					t.row("ID", "ACTION", "LABEL", "TIMES", "NEXT RUN", "LAST RUN", "NOTE")
					for _, s := range all {
						t.row(s.ID, s.Action, s.Label, timesOf(s.Spec), nextRun(s.Paused, s.NextRuns), lastRun(s.RecentRuns), s.Note)
					}
				})
			})
		},
	}
}

// scheduled runs do with the schedules, and prints the schedule that it returns.
func (p *program) scheduled(ctx context.Context, do func(*schedule.Schedules) (schedule.Schedule, error)) error {
	return p.connected(ctx, func(a *app.App) error {
		s, err := do(a.Client.Schedules())
		if err != nil {
			return err
		}
		return p.printSchedule(s)
	})
}

// parseMoment reads the time that a flag gives.
func parseMoment(flag, text string) (time.Time, error) {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}, usagef("%s is %q; give a time such as 2026-01-05T00:00:00Z", flag, text)
	}
	return t, nil
}
