package cli

import (
	"time"

	"github.com/spf13/cobra"

	"github.com/distributed-task-queue/taskqueue/internal/app"
)

func (p *program) logInfoCommand() *cobra.Command {
	return &cobra.Command{
		Use: "info", Short: "Measure how far the log reaches back, and how far its index is behind", Args: cobra.NoArgs,
		Long: "Shows the engine and the retention of the log, the time since which retention has removed nothing from it, and how\n" +
			"long its index takes to find a new workflow: one that is no task is started, looked for up to 30 seconds, and deleted.\n" +
			"The exit status is 1 if it is not found.",
		RunE: func(c *cobra.Command, _ []string) error {
			return p.connected(c.Context(), func(a *app.App) error {
				m, err := a.NewMonitor()
				if err != nil {
					return err
				}
				if err := m.Measure(c.Context()); err != nil {
					return err
				}
				info, reach, index := m.Info(), m.Reach(), m.Index()
				err = p.print(info, func(t *table) {
					t.row("engine", info.Engine)
					t.row("retention", reach.Retention)
					t.row("reaches back to", moment(reach.Since))
					t.row("index up", map[bool]string{true: "yes", false: "no"}[index.Up])
					t.row("index lag", map[bool]string{false: "at least "}[index.Up]+index.Lag.Round(time.Millisecond).String())
					t.row("measured at", moment(index.MeasuredAt))
				})
				if err == nil && !index.Up {
					err = errTold
				}
				return err
			})
		},
	}
}
