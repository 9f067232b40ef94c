package cli

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/distributed-task-queue/taskqueue/internal/app"
	"github.com/distributed-task-queue/taskqueue/internal/bench/logbench"
	"github.com/distributed-task-queue/taskqueue/internal/config"
)

func (p *program) benchLogCommand() *cobra.Command {
	o := logbench.Config{Tasks: 100_000, Seed: 1, Rounds: 5, Iterations: 300, Budget: 3 * time.Minute}
	var elasticsearch, file string
	c := &cobra.Command{
		Use: "log", Short: "Measure the task log's queries against hand-written ones with the same answers", Args: cobra.NoArgs,
		Long: "Fills a log of its own with tasks that are made up, and measures likely queries. In Elasticsearch it makes an index, and deletes it;\n" +
			"user name, password and certificates are those of the configuration. For SQLite it fills a temporary file with the tables of the\n" +
			"visibility database of a standalone, which must be running.",
		RunE: func(c *cobra.Command, _ []string) error {
			switch {
			case (elasticsearch == "") == (file == ""):
				return usagef("name the store with --elasticsearch or with --sqlite")
			case file != "" && o.Keep:
				return usagef("--keep is for the index of --elasticsearch")
			}
			if err := o.Validate(); err != nil {
				return usagef("%v", err)
			}
			o.Progress = func(line string) { _, _ = fmt.Fprintln(p.Err, line) } // a lost line changes no result
			result, err := p.benchLog(c, o, elasticsearch, file)
			if err != nil {
				return err
			}
			return p.print(result, func(t *table) { benchLogTable(t, result) })
		},
	}
	flags := c.Flags()
	flags.IntVar(&o.Tasks, "tasks", o.Tasks, "how many tasks the log has")
	flags.StringVar(&elasticsearch, "elasticsearch", "", "URL of the Elasticsearch server to measure with")
	flags.StringVar(&file, "sqlite", "", "visibility database of the running standalone, whose tables to measure with")
	flags.IntVar(&o.Iterations, "iterations", o.Iterations, "how often each query is measured at most, over all rounds")
	flags.IntVar(&o.Rounds, "rounds", o.Rounds, "in how many rounds")
	flags.DurationVar(&o.Budget, "budget", o.Budget, "how long all measurements may take; slow queries are measured less often")
	flags.Uint64Var(&o.Seed, "seed", o.Seed, "what the tasks are made up from")
	flags.BoolVar(&o.Keep, "keep", false, "keep the index in Elasticsearch, for the next run with as many tasks and the same seed")
	return c
}

func (p *program) benchLog(c *cobra.Command, o logbench.Config, elasticsearch, file string) (result logbench.Result, err error) {
	settings, logger, err := p.load()
	if err != nil {
		return logbench.Result{}, err
	}
	if elasticsearch != "" {
		connection := settings.Log.Elasticsearch
		connection.Addresses = []string{elasticsearch}
		return logbench.RunElastic(c.Context(), o, connection)
	}
	options, err := config.TemporalOptions(p.connection, logger, nil)
	if err != nil {
		return logbench.Result{}, err
	}
	temporal, err := app.Dial(c.Context(), options)
	if err != nil {
		return logbench.Result{}, err
	}
	defer temporal.Close()
	return logbench.RunSQLite(c.Context(), o, file, temporal, options.Namespace)
}

func benchLogTable(t *table, result logbench.Result) {
	const milliseconds, ratio = "%.2f ms", "%.3f"
	t.row("QUERY", "OURS P50", "BARE P50", "RATIO", "OURS P95", "BARE P95", "RATIO", "ITERATIONS")
	for _, q := range result.Queries {
		t.row(q.Name,
			fmt.Sprintf(milliseconds, q.Ours.P50), fmt.Sprintf(milliseconds, q.Bare.P50), fmt.Sprintf(ratio, q.P50Ratio),
			fmt.Sprintf(milliseconds, q.Ours.P95), fmt.Sprintf(milliseconds, q.Bare.P95), fmt.Sprintf(ratio, q.P95Ratio), q.Iterations)
	}
	t.row("worst ratio at p95", fmt.Sprintf(ratio, result.WorstP95Ratio), result.WorstQuery)
}
