package cli

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"

	"github.com/goccy/go-yaml"
	"github.com/spf13/cobra"

	"github.com/distributed-task-queue/taskqueue/internal/app"
	"github.com/distributed-task-queue/taskqueue/internal/config"
	"github.com/distributed-task-queue/taskqueue/internal/setup"
)

// newQueueWeight is the weight of a queue that is made with an association, as in the PHP system.
const newQueueWeight = 30

// associationsView is which action goes to which queue.
type associationsView struct {
	DefaultQueue string        `json:"defaultQueue"`
	Associations []association `json:"associations"`
}

type association struct {
	Action string `json:"action"`
	Queue  string `json:"queue"`
}

func (p *program) associationsCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "associations", Short: "List and change which action goes to which queue", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return p.printAssociations() },
	}
	c.AddCommand(p.associateCommand(), p.dissociateCommand())
	return c
}

func (p *program) printAssociations() error {
	routing, err := p.dispatcher()
	if err != nil {
		return err
	}
	view := associationsView{DefaultQueue: routing.DefaultQueue().Name, Associations: []association{}}
	associations := routing.Associations()
	for _, action := range slices.Sorted(maps.Keys(associations)) {
		view.Associations = append(view.Associations, association{action, associations[action]})
	}
	return p.print(view, func(t *table) {
		t.row("ACTION", "QUEUE")
		for _, a := range view.Associations {
			t.row(a.Action, a.Queue)
		}
		t.row("(others)", view.DefaultQueue)
	})
}

func (p *program) associateCommand() *cobra.Command {
	var change queueFlags
	var weight int
	c := &cobra.Command{
		Use: "set ACTION QUEUE", Short: "Send an action's tasks to a queue, which is made if it does not exist", Args: cobra.ExactArgs(2),
		Long: "Changes the configuration file, which keeps its comments. Programs read it when they start. A queue that does not exist is added, with\n" +
			"the broker of the flags, and gets what it needs to be stored.",
		Example: `  taskctl associations set csv.import imports
  taskctl associations set mail.send mail --broker=rds --persistence=default`,
		RunE: func(c *cobra.Command, args []string) error {
			if slices.Contains(args, "") {
				return usagef("ACTION and QUEUE cannot be empty")
			}
			if err := change.check(c.Flags()); err != nil {
				return err
			}
			e, err := config.Edit(p.config, os.Environ())
			if err != nil {
				return err
			}
			present, err := e.Config()
			if err != nil {
				return err
			}
			fields := change.fields(c.Flags())
			exists := slices.ContainsFunc(present.Queues, func(q config.Queue) bool { return q.Name == args[1] })
			switch {
			case exists && len(fields)+map[bool]int{true: 1}[c.Flags().Changed("weight")] > 0:
				return usagef("queue %q exists; only a queue that is made takes these flags. `taskctl init --queue=%s` changes its broker", args[1], args[1])
			case !exists:
				err = e.SetQueue(args[1], append(yaml.MapSlice{{Key: "weight", Value: weight}}, fields...))
			}
			if err = errors.Join(err, e.SetAssociation(args[0], args[1])); err != nil {
				return err
			}
			if err := e.Save(); err != nil {
				return fmt.Errorf("nothing was changed: %w", err)
			}
			if !exists {
				if err := p.initialize(c); err != nil {
					return fmt.Errorf("the association is set, but the new queue is not initialized; run `taskctl init`: %w", err)
				}
			}
			return p.printAssociations()
		},
	}
	change.bind(c.Flags())
	c.Flags().IntVar(&weight, "weight", newQueueWeight, "the weight of the queue that is made")
	return c
}

// initialize makes what the queues need to be stored.
func (p *program) initialize(c *cobra.Command) error {
	settings, logger, err := p.load()
	if err != nil {
		return err
	}
	return app.SetUp(c.Context(), settings, app.Options{Connection: p.connection, Logger: logger}, setup.Options{})
}

func (p *program) dissociateCommand() *cobra.Command {
	return &cobra.Command{
		Use: "remove ACTION", Short: "Send an action's tasks to the default queue again", Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			e, err := config.Edit(p.config, os.Environ())
			if err != nil {
				return err
			}
			found, err := e.RemoveAssociation(args[0])
			if err != nil {
				return err
			}
			if !found {
				return usagef("action %q is not associated to any queue", args[0])
			}
			if err := e.Save(); err != nil {
				return fmt.Errorf("nothing was changed: %w", err)
			}
			return p.printAssociations()
		},
	}
}
