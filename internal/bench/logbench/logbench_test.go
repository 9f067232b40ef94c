package logbench

import (
	"context"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/distributed-task-queue/taskqueue/internal/elastictest"
	"github.com/distributed-task-queue/taskqueue/internal/temporaltest"
	"github.com/distributed-task-queue/taskqueue/tasklog"
	"github.com/distributed-task-queue/taskqueue/tasklog/elastic"
)

func TestMain(m *testing.M) { temporaltest.Main(m) }

// Beyond Elasticsearch's window of 10,000 a deep page takes another way, on both sides.
func TestElasticGivesTheAnswersOfQueriesByHand(t *testing.T) {
	t.Parallel()
	server := elastictest.New(t)
	connection := elastic.Connection{Addresses: []string{server.URL}}
	c := small(12_000)
	c.Keep = true
	var told []string
	c.Progress = func(line string) { told = append(told, line) }
	result, err := RunElastic(t.Context(), c, connection)
	require.NoError(t, err)
	requireComplete(t, result, "elastic", c)
	require.Contains(t, told, "12000 of 12000 tasks are written")

	c.Keep, told = false, nil
	result, err = RunElastic(t.Context(), c, connection)
	require.NoError(t, err)
	requireComplete(t, result, "elastic", c)
	require.Contains(t, told[0], "is there from an earlier run")
	require.NotContains(t, told, "12000 of 12000 tasks are written")

	for _, path := range []string{"/taskctl-bench-log-12000-1", "/_index_template/taskqueue-taskctl-bench-log-12000-1"} {
		response, err := http.Get(server.URL + path)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		require.Equal(t, http.StatusNotFound, response.StatusCode, "nothing is left: %s", path)
	}
}

func TestSQLiteGivesTheAnswersOfQueriesByHand(t *testing.T) {
	t.Parallel()
	c := small(2000)
	file := filepath.Join(temporaltest.Server().DataDir, "visibility.db")
	result, err := RunSQLite(t.Context(), c, file, temporaltest.Dial(t), temporaltest.Namespace)
	require.NoError(t, err)
	requireComplete(t, result, "sqlite", c)
}

func small(tasks int) Config {
	return Config{Tasks: tasks, Seed: 1, Rounds: 2, Iterations: 4, Budget: time.Minute}
}

func requireComplete(t *testing.T, result Result, engine string, c Config) {
	t.Helper()
	require.Equal(t, engine, result.Engine)
	require.Equal(t, c.Tasks, result.Tasks)
	require.Len(t, result.Queries, len(questions))
	for _, q := range result.Queries {
		require.Equal(t, 4, q.Iterations, q.Name)
		for _, n := range []float64{q.Ours.P50, q.Ours.P95, q.Bare.P50, q.Bare.P95, q.P50Ratio, q.P95Ratio} {
			require.Positive(t, n, q.Name)
		}
		require.LessOrEqual(t, q.P95Ratio, result.WorstP95Ratio)
	}
	require.NotEmpty(t, result.WorstQuery)
}

func TestADifferentAnswerIsAnError(t *testing.T) {
	t.Parallel()
	stats := tasklog.Stats{Completed: 1}
	c := contest{params: make([]params, 2), question: question{
		name: "of-a-test",
		ours: func(context.Context, *tasklog.TaskLog, params) (found, error) { return found{stats: stats}, nil },
		bare: func(byHand, context.Context, params) (answer, error) { return answer{Stats: stats}, nil },
	}}
	require.NoError(t, c.compare(t.Context()))
	c.question.bare = func(byHand, context.Context, params) (answer, error) { return answer{Stats: stats, Total: 1}, nil }
	require.ErrorContains(t, c.compare(t.Context()), "of-a-test: the answers differ in variant 0")
	stats = tasklog.Stats{}
	c.question.bare = func(byHand, context.Context, params) (answer, error) { return answer{}, nil }
	require.ErrorContains(t, c.compare(t.Context()), "of-a-test: no variant finds anything")
}

func TestValidateNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	for want, c := range map[string]Config{
		"tasks are 999":    {Tasks: 999, Rounds: 1, Iterations: 1, Budget: 1},
		"rounds are 0":     {Tasks: 1000, Iterations: 1, Budget: 1},
		"iterations are 1": {Tasks: 1000, Rounds: 2, Iterations: 1, Budget: 1},
		"budget is 0s":     {Tasks: 1000, Rounds: 1, Iterations: 1},
	} {
		require.ErrorContains(t, c.Validate(), want)
	}
}
