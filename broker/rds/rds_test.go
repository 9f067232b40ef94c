package rds_test

import (
	"database/sql"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/distributed-task-queue/taskqueue/broker"
	"github.com/distributed-task-queue/taskqueue/broker/brokertest"
	"github.com/distributed-task-queue/taskqueue/broker/rds"
	"github.com/distributed-task-queue/taskqueue/internal/sqltest"
	"github.com/distributed-task-queue/taskqueue/internal/temporaltest"
)

func TestMain(m *testing.M) {
	brokertest.RelayProcess(openStore)
	os.Exit(sqltest.Run(func() int { return temporaltest.Run(m) }))
}

// databases makes a fresh database of each dialect.
var databases = map[rds.Dialect]func(testing.TB) sqltest.Database{
	rds.PostgreSQL: sqltest.PostgreSQL, rds.MySQL: sqltest.MySQL, rds.SQLite: sqltest.SQLite,
}

// forEach runs a test with each database.
func forEach(t *testing.T, run func(t *testing.T, dialect rds.Dialect, db *sql.DB)) {
	t.Helper()
	for dialect, open := range databases {
		t.Run(string(dialect), func(t *testing.T) {
			t.Parallel()
			run(t, dialect, open(t).Open(t))
		})
	}
}

func TestRDSConforms(t *testing.T) {
	t.Parallel()
	for dialect, open := range databases {
		with := func(c rds.Config) brokertest.Open {
			return func(t *testing.T, e brokertest.Environment) brokertest.Subject {
				config := c // the cases run at the same time
				config.DB, config.Dialect = open(t).Open(t), dialect
				b, err := rds.New(config)
				require.NoError(t, err)
				return brokertest.Subject{Broker: b, Inject: func(t *testing.T, body string) { inject(t, dialect, config.DB, e.Queue, body) }}
			}
		}
		t.Run(string(dialect), func(t *testing.T) {
			t.Parallel()
			brokertest.ExerciseStored(t, with(rds.Config{}))
		})
		t.Run(string(dialect)+" ordered by queue", func(t *testing.T) {
			t.Parallel()
			brokertest.ExerciseStored(t, with(rds.Config{Order: broker.ByQueue, Receive: 7}))
		})
		t.Run(string(dialect)+" ordered by owner", func(t *testing.T) {
			t.Parallel()
			brokertest.ExerciseOrder(t, with(rds.Config{Order: broker.ByOwner, Receive: 20}))
		})
	}
}

// inject writes a row as another program would.
func inject(t *testing.T, dialect rds.Dialect, db *sql.DB, queue, body string) {
	t.Helper()
	statement := map[rds.Dialect]string{
		rds.PostgreSQL: `INSERT INTO "` + rds.TableName(queue) + `" (message) VALUES ($1)`,
		rds.MySQL:      "INSERT INTO `" + rds.TableName(queue) + "` (message) VALUES (?)",
		rds.SQLite:     `INSERT INTO "` + rds.TableName(queue) + `" (message) VALUES (?)`,
	}[dialect]
	_, err := db.ExecContext(t.Context(), statement, body)
	require.NoError(t, err)
}
