package cli

import (
	"cmp"
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/distributed-task-queue/taskqueue/internal/app"
	"github.com/distributed-task-queue/taskqueue/internal/config"
	"github.com/distributed-task-queue/taskqueue/internal/rollout"
	"github.com/distributed-task-queue/taskqueue/worker"
)

func (p *program) deploymentCommand() *cobra.Command {
	return group("deployment", "Look at the versions of workers, and choose the one that gets tasks",
		p.deploymentShowCommand(), p.deploymentSetCurrentCommand())
}

// deploymentFlag names a deployment.
type deploymentFlag string

func (f *deploymentFlag) bind(c *cobra.Command) {
	c.Flags().StringVar((*string)(f), "name", "", "the deployment (default: worker.deployment.name of the configuration)")
}

// name returns the deployment that is meant.
func (f *deploymentFlag) name(c config.Config) (string, error) {
	name := cmp.Or(string(*f), c.Worker.Deployment.Name)
	if name == "" {
		return "", usagef("no deployment is named; give --name, or set worker.deployment.name in the configuration")
	}
	return name, nil
}

func (p *program) deploymentShowCommand() *cobra.Command {
	var flag deploymentFlag
	c := &cobra.Command{
		Use: "show", Short: "Show which versions there are, and which of them gets tasks", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return p.connected(c.Context(), func(a *app.App) error {
				name, err := flag.name(a.Config)
				if err != nil {
					return err
				}
				return p.showDeployment(c.Context(), a, name)
			})
		},
	}
	flag.bind(c)
	return c
}

func (p *program) deploymentSetCurrentCommand() *cobra.Command {
	var flag deploymentFlag
	var timeout time.Duration
	c := &cobra.Command{
		Use: "set-current BUILD", Short: "Let this version get the tasks", Args: cobra.ExactArgs(1),
		Long: "Waits until workers of the version ask for tasks of all queues, makes it the current one, and returns when all queues go by that.\n" +
			"What runs on workers of another version goes on there; what waits, and what comes, goes to this one.",
		Example: "  taskctl deployment set-current v1.8.0",
		RunE: func(c *cobra.Command, args []string) error {
			return p.connected(c.Context(), func(a *app.App) error {
				name, err := flag.name(a.Config)
				if err != nil {
					return err
				}
				var queues []string
				for _, q := range a.Client.Dispatcher().Queues() {
					if !q.Broker.Sync() {
						queues = append(queues, q.Name)
					}
				}
				ctx, cancel := context.WithTimeout(c.Context(), timeout)
				defer cancel()
				if err := rollout.SetCurrent(ctx, a.Temporal, a.Namespace, worker.Deployment{Name: name, BuildID: args[0]}, queues); err != nil {
					return err
				}
				return p.showDeployment(c.Context(), a, name)
			})
		},
	}
	flag.bind(c)
	c.Flags().DurationVar(&timeout, "timeout", time.Minute, "how long to wait for workers of the version")
	return c
}

func (p *program) showDeployment(ctx context.Context, a *app.App, name string) error {
	d, err := rollout.Describe(ctx, a.Temporal, a.Namespace, name)
	if err != nil {
		return err
	}
	return p.print(d, func(t *table) {
		t.row("BUILD", "STATUS", "CREATED")
		for _, v := range d.Versions {
			t.row(v.BuildID, v.Status, v.CreatedAt.Format(time.RFC3339))
		}
	})
}
