// Package rds is the transactional outbox: a task is enqueued as a row of the application's own SQL database, in a transaction of the
// application's own if it likes, and a relay hands it to Temporal.
//
// PostgreSQL, MySQL 8.0 or MariaDB 10.6 and later, and SQLite are supported, through any driver for database/sql.
package rds

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/distributed-task-queue/taskqueue/broker"
	"github.com/distributed-task-queue/taskqueue/broker/temporal"
	"github.com/distributed-task-queue/taskqueue/task"
)

// Name is the broker's name in configuration.
const Name = "rds"

// DefaultReceive is the default of Config.Receive.
const DefaultReceive = 100

// Config says where the tables are. DB and Dialect are required.
type Config struct {
	// DB is the database. The broker does not close it. A relay holds one connection for each batch that is on its way.
	DB      *sql.DB
	Dialect Dialect
	// Receive is how many rows a relay takes at a time. Default: DefaultReceive.
	Receive int
	// Order makes relays hand tasks over one after another, in the order of their rows; one relay of a queue works at a time. Default:
	// broker.Unordered, the tasks of a batch are handed over together, and those of several relays too.
	Order broker.Order
}

// Broker keeps tasks in tables. It is safe for concurrent use.
type Broker struct{ config Config }

var (
	_ broker.Stored     = (*Broker)(nil)
	_ broker.TxEnqueuer = (*Broker)(nil)
)

// New returns a broker. It makes no call: see Initialize.
func New(c Config) (*Broker, error) {
	if c.DB == nil {
		return nil, errors.New("rds: Config.DB is nil")
	}
	if _, err := ParseDialect(string(c.Dialect)); err != nil {
		return nil, fmt.Errorf("rds: Config.Dialect: %w", err)
	}
	if _, err := broker.ParseOrder(string(c.Order)); err != nil {
		return nil, fmt.Errorf("rds: Config.Order: %w", err)
	}
	if c.Receive < 0 {
		return nil, fmt.Errorf("rds: Config.Receive is %d; it is 1 or more", c.Receive)
	}
	c.Receive = cmp.Or(c.Receive, DefaultReceive)
	return &Broker{config: c}, nil
}

// Name returns "rds".
func (b *Broker) Name() string { return Name }

// Sync returns false: tasks run in workers.
func (b *Broker) Sync() bool { return false }

// Traits says that two batches at a time let a relay hand over while it settles, where rows can be locked.
func (b *Broker) Traits() broker.Traits {
	if b.ordered() || b.config.Dialect == SQLite {
		return broker.Traits{Order: b.config.Order, Receivers: 1}
	}
	return broker.Traits{Receivers: 2}
}

func (b *Broker) ordered() bool { return b.config.Order != broker.Unordered }

// Enqueue writes the task in a transaction of its own.
func (b *Broker) Enqueue(ctx context.Context, t *task.Task) error {
	return b.EnqueueTx(ctx, b.config.DB, t)
}

// EnqueueTx writes the task in the transaction, which is of the broker's database: its commit enqueues the task, its rollback leaves nothing.
//
// Only Temporal knows all ids, so one that is taken is no error here: the relay drops the second task.
func (b *Broker) EnqueueTx(ctx context.Context, tx broker.Tx, t *task.Task) error {
	encoded, err := temporal.Encode(t)
	if err != nil {
		return err
	}
	table, err := b.table(t.Queue)
	if err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, b.config.Dialect.insert(table), string(encoded)); err != nil {
		return fmt.Errorf("enqueue task %s: %w", t.ID, &broker.StoreError{Queue: t.Queue, Err: b.hint(t.Queue, err)})
	}
	return nil
}

// Count returns how many tasks wait for a relay.
func (b *Broker) Count(ctx context.Context, queue string) (int64, error) {
	backlog, err := b.Backlog(ctx, queue)
	return backlog.Waiting, err
}

// maxTableName is what all databases take, in bytes.
const maxTableName = 63

// TableName returns the name of a queue's table: tq_ and the queue's name, in lower case.
func TableName(queue string) string { return "tq_" + strings.ToLower(queue) }

// indexName returns the name of the index of that table, which is not longer.
func indexName(queue string) string { return "tv_" + strings.ToLower(queue) }

// table returns the queue's table as it is written in SQL.
func (b *Broker) table(queue string) (string, error) {
	name := TableName(queue)
	if len(name) > maxTableName || strings.ContainsRune(name, 0) {
		return "", fmt.Errorf("queue %q cannot have the broker rds: its table %q has more than %d bytes, or a NUL; choose a shorter name", queue, name,
			maxTableName)
	}
	return b.config.Dialect.quote(name), nil
}

// hint says what to do if the table may be missing, which every database calls something else.
func (b *Broker) hint(queue string, err error) error {
	text := strings.ToLower(err.Error())
	for _, missing := range []string{"does not exist", "doesn't exist", "no such table", "no such column", "unknown column"} {
		if strings.Contains(text, missing) {
			return fmt.Errorf("%w (queue %q is initialized by `taskctl init` or Client.Initialize)", err, queue)
		}
	}
	return err
}
