package cli

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/distributed-task-queue/taskqueue/dispatcher"
	"github.com/distributed-task-queue/taskqueue/internal/app"
)

func (p *program) queueCommand() *cobra.Command {
	return group("queue", "Look at the queues", p.queueListCommand())
}

// queueView is a queue as it is printed.
type queueView struct {
	Name         string   `json:"name"`
	Weight       int      `json:"weight"`
	Broker       string   `json:"broker"`
	Default      bool     `json:"default"`
	Waiting      int64    `json:"waiting"` // about how many tasks wait
	Associations []string `json:"associations"`
}

func (p *program) queueListCommand() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the queues with what waits in them", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return p.connected(c.Context(), func(a *app.App) error {
				d := a.Client.Dispatcher()
				var views []queueView
				for _, q := range d.Queues() {
					waiting, err := q.Broker.Count(c.Context(), q.Name)
					if err != nil {
						return err
					}
					views = append(views, queueView{
						Name: q.Name, Weight: q.Weight, Broker: q.Broker.Name(), Default: q.Name == d.DefaultQueue().Name,
						Waiting: waiting, Associations: actionsOf(d, q.Name),
					})
				}
				return p.print(map[string]any{"queues": views}, func(t *table) {
					t.row("QUEUE", "WEIGHT", "BROKER", "WAITING", "DEFAULT", "ACTIONS")
					for _, v := range views {
						t.row(v.Name, v.Weight, v.Broker, v.Waiting, map[bool]string{true: "yes"}[v.Default], strings.Join(v.Associations, ", "))
					}
				})
			})
		},
	}
}

// actionsOf returns the actions that are associated to the queue, sorted.
func actionsOf(d *dispatcher.Dispatcher, queue string) []string {
	actions := []string{}
	for action, name := range d.Associations() {
		if name == queue {
			actions = append(actions, action)
		}
	}
	slices.Sort(actions)
	return actions
}

func (p *program) associationsCommand() *cobra.Command {
	return &cobra.Command{
		Use: "associations", Short: "List which action goes to which queue", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			c, _, err := p.load()
			if err != nil {
				return err
			}
			type association struct {
				Action string `json:"action"`
				Queue  string `json:"queue"`
			}
			result := struct {
				DefaultQueue string        `json:"defaultQueue"`
				Associations []association `json:"associations"`
			}{cmp.Or(c.DefaultQueue, c.Queues[0].Name), []association{}}
			for _, action := range slices.Sorted(maps.Keys(c.Associations)) {
				result.Associations = append(result.Associations, association{action, c.Associations[action]})
			}
			return p.print(result, func(t *table) {
				t.row("ACTION", "QUEUE")
				for _, a := range result.Associations {
					t.row(a.Action, a.Queue)
				}
				t.row("(others)", result.DefaultQueue)
			})
		},
	}
}
