// Package logbench measures how long the task log's most likely queries take, against queries that were written by hand for the
// same answers from the same store.
package logbench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"go.temporal.io/sdk/client"

	"github.com/distributed-task-queue/taskqueue/tasklog"
	"github.com/distributed-task-queue/taskqueue/tasklog/elastic"
	"github.com/distributed-task-queue/taskqueue/tasklog/sqlite"
)

// Config says what is measured.
type Config struct {
	Tasks  int    // how many the log has
	Seed   uint64 // of everything in it
	Rounds int    // over which the measurements of each query are spread
	// Iterations is how often each query is measured at most, over all rounds.
	Iterations int
	// Budget is how long all measurements may take, not counting that the log is filled, nor pauses. Slow queries are measured less often, but
	// some times in each round.
	Budget time.Duration
	// Keep leaves the index in Elasticsearch, for a later run with as many tasks and the same seed.
	Keep bool
	// Progress is told what is being done. Default: nobody is.
	Progress func(line string)
}

const (
	// leastIterations is how often a query is measured in a round whatever it takes.
	leastIterations = 5
	// mostPauses is how often a query that comes after a pause is measured in a round at most.
	mostPauses = 20
)

// maxTasks is how many tasks are still so far from each other that each has its own time.
const maxTasks = 100_000_000

// Validate reports what cannot be measured.
func (c Config) Validate() error {
	switch {
	case c.Tasks < 1000 || c.Tasks > maxTasks:
		return fmt.Errorf("tasks are %d; they must be 1000 to %d", c.Tasks, maxTasks)
	case c.Rounds < 1:
		return fmt.Errorf("rounds are %d; they must be 1 or more", c.Rounds)
	case c.Iterations < c.Rounds:
		return fmt.Errorf("iterations are %d; there must be one or more for each of the %d rounds", c.Iterations, c.Rounds)
	case c.Budget <= 0:
		return fmt.Errorf("budget is %s; it must be more than 0", c.Budget)
	}
	return nil
}

// Result is what was measured.
type Result struct {
	Engine  string        `json:"engine"` // elastic or sqlite
	Tasks   int           `json:"tasks"`
	Seed    uint64        `json:"seed"`
	Rounds  int           `json:"rounds"`
	Queries []QueryResult `json:"queries"`
	// WorstP95Ratio is the greatest of the queries' ratios.
	WorstP95Ratio float64 `json:"worst_p95_ratio"`
	WorstQuery    string  `json:"worst_query"`
}

// RunElastic measures the engine for Elasticsearch in an index of its own, whatever index the connection names. Temporal is not needed.
func RunElastic(ctx context.Context, c Config, connection elastic.Connection) (result Result, err error) {
	defer func() { err = wrap(err) }()
	if c, err = c.ready(); err != nil {
		return Result{}, err
	}
	connection = connection.WithDefaults()
	connection.Index = fmt.Sprintf("taskctl-bench-log-%d-%d", c.Tasks, c.Seed)
	if err := connection.Validate(); err != nil {
		return Result{}, err
	}
	byHand, err := newElasticClient(connection)
	if err != nil {
		return Result{}, err
	}
	x := &index{client: byHand, generator: c.generator(), progress: c.Progress}
	if !c.Keep {
		defer func() { err = errors.Join(err, x.remove(context.WithoutCancel(ctx))) }()
	}
	if err := x.prepare(ctx); err != nil {
		return Result{}, err
	}
	engine, err := elastic.Open(ctx, elastic.Config{Connection: connection, NamespaceID: namespaceID})
	if err != nil {
		return Result{}, err
	}
	// No query asks Temporal itself.
	temporal, err := client.NewLazyClient(client.Options{})
	if err != nil {
		return Result{}, err
	}
	defer temporal.Close()
	return c.run(ctx, sides{"elastic", temporal, engine, &elasticByHand{byHand}, elasticVariants})
}

// RunSQLite measures the engine for SQLite in a temporary file with the tables of the visibility database in the given file, which is that
// of the server that the client is connected to, and is only read.
func RunSQLite(ctx context.Context, c Config, file string, temporal client.Client, namespaceName string) (result Result, err error) {
	defer func() { err = wrap(err) }()
	if c, err = c.ready(); err != nil {
		return Result{}, err
	}
	n, err := readNamespace(ctx, temporal, namespaceName)
	if err != nil {
		return Result{}, err
	}
	schema, err := schemaOf(ctx, file)
	if err != nil {
		return Result{}, err
	}
	dir, err := os.MkdirTemp("", "taskctl-bench-log-")
	if err != nil {
		return Result{}, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	filled := filepath.Join(dir, "visibility.db")
	if err := fillSQLite(ctx, filled, schema, n, c.generator(), c.Progress); err != nil {
		return Result{}, err
	}
	engine, err := sqlite.Open(ctx, sqlite.Config{Client: temporal, Namespace: namespaceName, Path: filled})
	if err != nil {
		return Result{}, err
	}
	defer func() { err = errors.Join(err, engine.Close()) }()
	db, err := openSQLite(filled, "ro", "query_only(1)")
	if err != nil {
		return Result{}, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return c.run(ctx, sides{"sqlite", temporal, engine, newSQLiteByHand(db, n), sqliteVariants})
}

func wrap(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("bench log: %w", err)
}

func (c Config) ready() (Config, error) {
	if c.Progress == nil {
		c.Progress = func(string) {}
	}
	return c, c.Validate()
}

func (c Config) generator() generator { return generator{seed: c.Seed, tasks: c.Tasks} }

// sides are what is compared.
type sides struct {
	name     string // of the engine
	temporal client.Client
	engine   tasklog.Engine
	byHand   byHand
	variants int // of each question
}

// run compares the answers of both sides, then measures.
func (c Config) run(ctx context.Context, s sides) (Result, error) {
	log, err := tasklog.New(tasklog.Config{Client: s.temporal, Engine: s.engine, IgnoredTasks: ignoredTasks})
	if err != nil {
		return Result{}, err
	}
	g := c.generator()
	contests := make([]*contest, len(questions))
	for i, q := range questions {
		p, err := g.params(ctx, log, q, s.variants)
		if err != nil {
			return Result{}, fmt.Errorf("%s: %w", q.name, err)
		}
		contests[i] = &contest{question: q, log: log, byHand: s.byHand, params: p, random: g.random(q.name, -1)}
		if err := contests[i].compare(ctx); err != nil {
			return Result{}, err
		}
	}
	c.Progress(fmt.Sprintf("both sides give the same answers to %d queries, in up to %d variants", len(questions), s.variants))
	each, turn := (c.Iterations+c.Rounds-1)/c.Rounds, c.Budget/time.Duration(c.Rounds*len(questions))
	for round := range c.Rounds {
		for _, contest := range contests {
			iterations := each
			if contest.question.pause > 0 {
				iterations = min(each, mostPauses)
			}
			if err := contest.round(ctx, iterations, turn); err != nil {
				return Result{}, err
			}
		}
		c.Progress(fmt.Sprintf("round %d of %d is measured", round+1, c.Rounds))
	}
	result := Result{Engine: s.name, Tasks: c.Tasks, Seed: c.Seed, Rounds: c.Rounds}
	for _, contest := range contests {
		q := contest.result()
		result.Queries = append(result.Queries, q)
		if q.P95Ratio > result.WorstP95Ratio {
			result.WorstP95Ratio, result.WorstQuery = q.P95Ratio, q.Name
		}
	}
	return result, nil
}
