package rds_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	taskqueue "github.com/distributed-task-queue/taskqueue"
	"github.com/distributed-task-queue/taskqueue/broker"
	"github.com/distributed-task-queue/taskqueue/broker/rds"
	"github.com/distributed-task-queue/taskqueue/internal/temporaltest"
	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/tasklog"
	"github.com/distributed-task-queue/taskqueue/worker"
)

// outbox is an application with its own table beside the queue's.
type outbox struct {
	queue  string
	db     *sql.DB
	broker *rds.Broker
	client *taskqueue.Client
}

func newOutbox(t *testing.T, dialect rds.Dialect, db *sql.DB) *outbox {
	t.Helper()
	o := &outbox{queue: "Q" + string(task.NewID()), db: db}
	var err error
	o.broker, err = rds.New(rds.Config{DB: db, Dialect: dialect})
	require.NoError(t, err)
	actions := taskqueue.NewRegistry()
	require.NoError(t, actions.Add(taskqueue.Action{Name: "ship", Run: func(context.Context, json.RawMessage) (task.Report, error) {
		return task.Success("shipped"), nil
	}}))
	o.client, err = taskqueue.New(taskqueue.Config{
		Temporal: temporaltest.Dial(t), Actions: actions, Logger: temporaltest.Logger(t), Owner: "the shop",
		Queues: []taskqueue.Queue{{Name: o.queue, Broker: o.broker}, {Name: o.queue + "-direct"}},
	})
	require.NoError(t, err)
	return o
}

func (o *outbox) count(t *testing.T) int64 {
	t.Helper()
	n, err := o.broker.Count(t.Context(), o.queue)
	require.NoError(t, err)
	return n
}

// ship is a typed task.
type ship struct {
	taskqueue.Options `json:"-"`
	Order             int `json:"order"`
}

func (ship) Action() string { return "ship" }

func TestATaskIsEnqueuedByTheCallersCommit(t *testing.T) {
	t.Parallel()
	forEach(t, func(t *testing.T, dialect rds.Dialect, db *sql.DB) {
		o := newOutbox(t, dialect, db)
		_, err := o.client.CreateTask(t.Context(), "ship", nil, "", nil)
		require.ErrorContains(t, err, "is initialized by `taskctl init`", "the table is missing")
		require.NoError(t, o.client.Initialize(t.Context()))
		_, err = db.ExecContext(t.Context(), "CREATE TABLE orders (id INTEGER)")
		require.NoError(t, err)

		order := func(end func(*sql.Tx) error) task.ID {
			tx, err := db.BeginTx(t.Context(), nil)
			require.NoError(t, err)
			_, err = tx.ExecContext(t.Context(), "INSERT INTO orders (id) VALUES (1)")
			require.NoError(t, err)
			created, err := o.client.EnqueueTx(t.Context(), tx, ship{Order: 1}, "an order")
			require.NoError(t, err)
			byName, err := o.client.CreateTaskTx(t.Context(), tx, "ship", ship{Order: 2}, "by name", &taskqueue.Options{ParentID: created.ID})
			require.NoError(t, err)
			require.Equal(t, "the shop", byName.Owner)
			require.NoError(t, end(tx))
			return created.ID
		}
		rolledBack := order((*sql.Tx).Rollback)
		require.Zero(t, o.count(t), "a rollback leaves nothing")
		committed := order((*sql.Tx).Commit)
		require.EqualValues(t, 2, o.count(t))
		var orders int
		require.NoError(t, db.QueryRowContext(t.Context(), "SELECT count(*) FROM orders").Scan(&orders))
		require.Equal(t, 1, orders)

		o.run(t)
		require.Eventually(t, func() bool {
			entity, err := o.client.TaskLog().Get(t.Context(), committed)
			return err == nil && entity.Status == task.Completed
		}, patience, 20*time.Millisecond)
		_, err = o.client.TaskLog().Get(t.Context(), rolledBack)
		_, missing := errors.AsType[*tasklog.NotFoundError](err)
		require.True(t, missing, "%v", err)
	})
}

const patience = 2 * time.Minute

// run runs a worker and a relay until the test ends.
func (o *outbox) run(t *testing.T) {
	t.Helper()
	w, err := o.client.NewWorker(worker.Config{})
	require.NoError(t, err)
	r, err := o.client.NewRelay(taskqueue.RelayConfig{})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 2)
	go func() { ended <- w.Run(ctx) }()
	go func() { ended <- r.Run(ctx) }()
	t.Cleanup(func() { cancel(); require.NoError(t, errors.Join(<-ended, <-ended)) })
}

func TestEnqueuingNeedsNoTemporal(t *testing.T) {
	t.Parallel()
	b, err := rds.New(rds.Config{DB: databases[rds.SQLite](t).Open(t), Dialect: rds.SQLite})
	require.NoError(t, err)
	require.NoError(t, b.Initialize(t.Context(), "q"))
	nowhere, err := client.NewLazyClient(client.Options{HostPort: "127.0.0.1:1"})
	require.NoError(t, err)
	defer nowhere.Close()
	c, err := taskqueue.New(taskqueue.Config{Temporal: nowhere, Queues: []taskqueue.Queue{{Name: "q", Broker: b}}})
	require.NoError(t, err)
	_, err = c.CreateTask(t.Context(), "ship", nil, "", nil)
	require.NoError(t, err)
	n, err := b.Count(t.Context(), "q")
	require.NoError(t, err)
	require.EqualValues(t, 1, n)
}

func TestOnlyQueuesWithATableTakePartInTransactions(t *testing.T) {
	t.Parallel()
	o := newOutbox(t, rds.SQLite, databases[rds.SQLite](t).Open(t))
	require.NoError(t, o.client.Initialize(t.Context()))
	tx, err := o.db.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	defer tx.Rollback()
	_, err = o.client.CreateTaskTx(t.Context(), tx, "ship", nil, "", &taskqueue.Options{Queue: o.queue + "-direct"})
	var refused *taskqueue.NoTransactionError
	require.ErrorAs(t, err, &refused)
	require.Equal(t, "temporal", refused.Broker)

	_, err = o.client.NewRelay(taskqueue.RelayConfig{Queues: []string{o.queue + "-direct"}})
	var noStore *taskqueue.NoStoreError
	require.ErrorAs(t, err, &noStore)
}

func TestTablesOfThePHPSystemAreTakenOver(t *testing.T) {
	t.Parallel()
	columns := map[rds.Dialect]string{
		rds.PostgreSQL: `id SERIAL PRIMARY KEY, message TEXT NOT NULL, visible BOOLEAN DEFAULT true NOT NULL, created_at TIMESTAMP NOT NULL`,
		rds.MySQL:      `id INT AUTO_INCREMENT PRIMARY KEY, message TEXT NOT NULL, visible TINYINT(1) DEFAULT 1 NOT NULL, created_at DATETIME NOT NULL`,
		rds.SQLite:     `id INTEGER PRIMARY KEY, message TEXT NOT NULL, visible BOOLEAN DEFAULT 1 NOT NULL, created_at DATETIME NOT NULL`,
	}
	forEach(t, func(t *testing.T, dialect rds.Dialect, db *sql.DB) {
		o := newOutbox(t, dialect, db)
		table := `"` + rds.TableName(o.queue) + `"`
		if dialect == rds.MySQL {
			table = "`" + rds.TableName(o.queue) + "`"
		}
		_, err := db.ExecContext(t.Context(), "CREATE TABLE "+table+" ("+columns[dialect]+")")
		require.NoError(t, err)
		id := "http://demo.test/x.rdf#i" + string(task.NewID())
		message := `{"taskFqcn":"acme\\Task","metadata":{"__id__":"` + id + `","__owner__":"","__callable__":"ship"},"parameters":[]}`
		if dialect == rds.MySQL { // where a backslash escapes
			message = strings.ReplaceAll(message, `\`, `\\`)
		}
		for _, visible := range []string{"TRUE", "FALSE"} {
			_, err = db.ExecContext(t.Context(), "INSERT INTO "+table+" (message, visible, created_at) VALUES ('"+message+"', "+visible+", '2025-01-01 00:00:00')")
			require.NoError(t, err)
		}
		odd := map[rds.Dialect]string{rds.PostgreSQL: "infinity", rds.MySQL: "0000-00-00 00:00:00", rds.SQLite: "once"}[dialect]
		timeless := "http://demo.test/x.rdf#i" + string(task.NewID())
		message = strings.ReplaceAll(message, id, timeless)
		for _, visible := range []string{"TRUE", "FALSE"} {
			insertOdd(t, dialect, db, "INSERT INTO "+table+" (message, visible, created_at) VALUES ('"+message+"', "+visible+", '"+odd+"')")
		}
		require.NoError(t, o.client.Initialize(t.Context()))
		require.NoError(t, o.client.Initialize(t.Context()))
		backlog, err := o.broker.Backlog(t.Context(), o.queue)
		require.NoError(t, err)
		require.EqualValues(t, 2, backlog.Waiting)
		require.Zero(t, backlog.Rejected, "PHP hides what it runs")
		require.Equal(t, time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC), backlog.Oldest)
		rejected, err := o.broker.Rejected(t.Context(), o.queue, 10)
		require.NoError(t, err)
		require.Len(t, rejected, 2)
		require.Equal(t, "taken by a worker of the PHP system", rejected[0].Reason)
		require.WithinDuration(t, time.Now(), rejected[1].SentAt, patience)
		restored, err := o.broker.Restore(t.Context(), o.queue, nil)
		require.NoError(t, err)
		require.Zero(t, restored, "it would run twice")
		restored, err = o.broker.Restore(t.Context(), o.queue, []string{rejected[0].ID})
		require.NoError(t, err)
		require.Equal(t, 1, restored, "somebody knows that its worker is gone")
		created, err := o.client.CreateTask(t.Context(), "ship", nil, "", nil)
		require.NoError(t, err)

		o.run(t)
		require.Eventually(t, func() bool {
			entity, err := o.client.TaskLog().Get(t.Context(), task.ID(id))
			return err == nil && entity.Status == task.Completed && entity.CreatedAt.Year() == 2025
		}, patience, 20*time.Millisecond)
		require.Eventually(t, func() bool {
			entity, err := o.client.TaskLog().Get(t.Context(), task.ID(timeless))
			return err == nil && entity.Status == task.Completed && time.Since(entity.CreatedAt) < 2*patience
		}, patience, 20*time.Millisecond)
		require.Eventually(t, func() bool {
			entity, err := o.client.TaskLog().Get(t.Context(), created.ID)
			return err == nil && entity.Status == task.Completed
		}, patience, 20*time.Millisecond, "what Go writes into the table runs as well")
	})
}

// insertOdd inserts what MySQL takes only when it is not strict.
func insertOdd(t *testing.T, dialect rds.Dialect, db *sql.DB, statement string) {
	t.Helper()
	connection, err := db.Conn(t.Context())
	require.NoError(t, err)
	defer connection.Close()
	if dialect == rds.MySQL {
		_, err = connection.ExecContext(t.Context(), "SET SESSION sql_mode = ''")
		require.NoError(t, err)
		defer func() {
			_, err := connection.ExecContext(t.Context(), "SET SESSION sql_mode = DEFAULT")
			require.NoError(t, err)
		}()
	}
	_, err = connection.ExecContext(t.Context(), statement)
	require.NoError(t, err)
}

func TestRelaysDoNotWaitForEachOtherNorEnqueuersForThem(t *testing.T) {
	t.Parallel()
	forEach(t, func(t *testing.T, dialect rds.Dialect, db *sql.DB) {
		if dialect == rds.SQLite {
			t.Skip("SQLite locks no rows")
		}
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		b, err := rds.New(rds.Config{DB: db, Dialect: dialect, Receive: 2})
		require.NoError(t, err)
		require.NoError(t, b.Initialize(ctx, "q"))
		enqueue := func() {
			one := &task.Task{ID: task.NewID(), Action: "a", Parameters: task.EmptyParameters, Metadata: task.Metadata{Queue: "q"}}
			require.NoError(t, b.Enqueue(ctx, one))
		}
		for range 4 {
			enqueue()
		}
		var batches []broker.Batch
		var seen []string
		receive := func(want int) {
			batch, err := b.Receive(ctx, "q")
			require.NoError(t, err)
			require.Len(t, batch.Messages(), want)
			for _, m := range batch.Messages() {
				require.NotContains(t, seen, m.ID)
				seen = append(seen, m.ID)
			}
			batches = append(batches, batch)
		}
		receive(2)
		receive(2)
		enqueue() // MySQL would lock the gap behind the last row in its default isolation
		receive(1)
		for _, batch := range batches {
			require.NoError(t, batch.Settle(ctx, make([]broker.Verdict, len(batch.Messages()))))
		}
		backlog, err := b.Backlog(ctx, "q")
		require.NoError(t, err)
		require.EqualValues(t, 5, backlog.Waiting, "all are given back")
	})
}

func TestWhatCannotBeAQueueIsRefused(t *testing.T) {
	t.Parallel()
	db := databases[rds.SQLite](t).Open(t)
	_, err := rds.New(rds.Config{Dialect: rds.SQLite})
	require.ErrorContains(t, err, "Config.DB is nil")
	_, err = rds.New(rds.Config{DB: db, Dialect: "oracle"})
	require.ErrorContains(t, err, `there is no dialect "oracle"; dialects are [postgres mysql sqlite]`)
	_, err = rds.New(rds.Config{DB: db, Dialect: rds.SQLite, Receive: -1})
	require.ErrorContains(t, err, "Config.Receive is -1")
	b, err := rds.New(rds.Config{DB: db, Dialect: rds.SQLite})
	require.NoError(t, err)
	require.ErrorContains(t, b.Initialize(t.Context(), strings.Repeat("long", 20)), "choose a shorter name")
	odd := `it's "a" ` + "`queue`; --"
	require.NoError(t, b.Initialize(t.Context(), odd), "any name that is short enough is taken")
	_, err = b.Restore(t.Context(), odd, []string{"x"})
	require.ErrorContains(t, err, `"x" is not the id of a row`)
}

func TestReceivingEndsThoughTheDatabaseDoesNotAnswer(t *testing.T) {
	t.Parallel()
	db := databases[rds.SQLite](t).Open(t)
	db.SetMaxOpenConns(1)
	b, err := rds.New(rds.Config{DB: db, Dialect: rds.SQLite})
	require.NoError(t, err)
	require.NoError(t, b.Initialize(t.Context(), "q"))
	held, err := db.Conn(t.Context())
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { _, err := b.Receive(ctx, "q"); ended <- err }()
	require.Eventually(t, func() bool { return db.Stats().WaitCount > 0 }, patience, time.Millisecond)
	cancel()
	select {
	case err := <-ended:
		require.ErrorIs(t, err, context.Canceled)
	case <-time.After(patience):
		require.Fail(t, "it waits for the database")
	}
	require.NoError(t, held.Close())
	batch, err := b.Receive(t.Context(), "q")
	require.NoError(t, err)
	require.Empty(t, batch.Messages())
}

func TestWhatWasSetAsideIsNotReadAgainAndAgain(t *testing.T) {
	t.Parallel()
	forEach(t, func(t *testing.T, dialect rds.Dialect, db *sql.DB) {
		explain := map[rds.Dialect]string{rds.PostgreSQL: "EXPLAIN (FORMAT JSON) ", rds.SQLite: "EXPLAIN QUERY PLAN "}[dialect]
		if explain == "" {
			t.Skip("MySQL has no index of some of the rows")
		}
		b, err := rds.New(rds.Config{DB: db, Dialect: dialect})
		require.NoError(t, err)
		require.NoError(t, b.Initialize(t.Context(), "q"))
		_, err = db.ExecContext(t.Context(), `INSERT INTO tq_q (message, visible, reason)
			WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) SELECT 'x', FALSE, 'broken' FROM n`)
		require.NoError(t, err)
		_, err = db.ExecContext(t.Context(), "ANALYZE tq_q")
		require.NoError(t, err)
		rows, err := db.QueryContext(t.Context(), explain+"SELECT id, message FROM tq_q WHERE visible ORDER BY id LIMIT 100")
		require.NoError(t, err)
		defer rows.Close()
		require.True(t, rows.Next())
		columns, err := rows.Columns()
		require.NoError(t, err)
		plan := make([]any, len(columns)) // its text is the last of them
		for i := range plan {
			plan[i] = new(string)
		}
		require.NoError(t, rows.Scan(plan...))
		require.NoError(t, rows.Err())
		require.Contains(t, *plan[len(plan)-1].(*string), "tv_q")
	})
}
