package rds

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"time"

	"github.com/distributed-task-queue/taskqueue/broker"
)

// Initialize makes the queue's table. A table of the PHP system is kept, and gets what it lacks.
func (b *Broker) Initialize(ctx context.Context, queue string) error {
	table, err := b.table(queue)
	if err != nil {
		return err
	}
	d := b.config.Dialect
	if err := b.create(ctx, d.create(table)); err != nil {
		return fmt.Errorf("create table %s: %w", table, err)
	}
	if err := b.ensure(ctx, d.hasReason(table), d.addReason(table)); err != nil {
		return fmt.Errorf("add the column reason to table %s: %w", table, err)
	}
	if d == MySQL {
		return nil // it has no index of some of the rows
	}
	index := d.quote(indexName(queue))
	if err := b.ensure(ctx, d.hasIndex(table, index), d.addIndex(table, index)); err != nil {
		return fmt.Errorf("add the index %s to table %s: %w", index, table, err)
	}
	return nil
}

// ensure makes something unless a question after it is answered. To make it if it does not exist would wait for all who write to the table.
func (b *Broker) ensure(ctx context.Context, question, statement string) error {
	if _, missing := b.config.DB.ExecContext(ctx, question); missing == nil {
		return nil
	}
	return b.create(ctx, statement)
}

// create runs a statement that makes something. Should another program be doing the same, PostgreSQL reports a duplicate once.
func (b *Broker) create(ctx context.Context, statement string) error {
	_, err := b.config.DB.ExecContext(ctx, statement)
	if err != nil && b.config.Dialect == PostgreSQL {
		_, err = b.config.DB.ExecContext(ctx, statement)
	}
	return err
}

// Receive locks the oldest rows.
func (b *Broker) Receive(ctx context.Context, queue string) (broker.Batch, error) {
	table, err := b.table(queue)
	if err != nil {
		return nil, err
	}
	// The transaction outlives ctx when rows are in hand: what has begun to be handed over is settled. Until then ctx ends it.
	inTx, end := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, end)
	defer stop()
	tx, err := b.config.DB.BeginTx(inTx, b.config.Dialect.isolation())
	if err != nil {
		end()
		return nil, fmt.Errorf("begin a transaction: %w", err)
	}
	d := b.config.Dialect
	messages, err := query(inTx, tx, "SELECT id, message, "+d.milliseconds()+" FROM "+d.byID(table)+" WHERE visible ORDER BY id LIMIT "+
		strconv.Itoa(b.config.Receive)+d.lock(b.ordered()))
	if err == nil && !stop() {
		err = ctx.Err()
	}
	if err != nil {
		end() // which rolls back
		return nil, b.hint(queue, err)
	}
	result := &batch{broker: b, tx: tx, end: end, table: table, messages: messages}
	if len(messages) == 0 || d == SQLite { // where nothing is locked nobody needs to be kept from writing
		defer end()
		result.tx = nil
		return result, tx.Commit()
	}
	return result, nil
}

// query returns the messages of rows with id, message and milliseconds.
func query(ctx context.Context, tx *sql.Tx, text string) ([]broker.Message, error) {
	rows, err := tx.QueryContext(ctx, text)
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // Err has told
	var messages []broker.Message
	for rows.Next() {
		var m broker.Message
		var milliseconds sql.NullInt64
		if err := rows.Scan(&m.ID, &m.Body, &milliseconds); err != nil {
			return nil, err
		}
		m.SentAt = sentAt(milliseconds)
		messages = append(messages, m)
	}
	return messages, rows.Err()
}

// sentAt returns the time of a row; now if the row has none.
func sentAt(milliseconds sql.NullInt64) time.Time {
	if !milliseconds.Valid {
		return time.Now().UTC().Truncate(time.Millisecond)
	}
	return time.UnixMilli(milliseconds.Int64).UTC()
}

// Backlog counts rows. Those that a worker of the PHP system has taken are neither waiting nor set aside.
func (b *Broker) Backlog(ctx context.Context, queue string) (broker.Backlog, error) {
	table, err := b.table(queue)
	if err != nil {
		return broker.Backlog{}, err
	}
	var backlog broker.Backlog
	var oldest sql.NullInt64
	row := b.config.DB.QueryRowContext(ctx, "SELECT count(CASE WHEN visible THEN 1 END), count(CASE WHEN NOT visible AND reason IS NOT NULL THEN 1 END), "+ //nolint:gosec // table is quoted
		"(SELECT "+b.config.Dialect.milliseconds()+" FROM "+table+" WHERE visible ORDER BY id LIMIT 1) FROM "+table)
	if err := row.Scan(&backlog.Waiting, &backlog.Rejected, &oldest); err != nil {
		return broker.Backlog{}, fmt.Errorf("count the rows of queue %q: %w", queue, b.hint(queue, err))
	}
	if oldest.Valid {
		backlog.Oldest = time.UnixMilli(oldest.Int64).UTC()
	}
	return backlog, nil
}

// Rejected returns the rows that are not visible. Those without a reason were taken by a worker of the PHP system.
func (b *Broker) Rejected(ctx context.Context, queue string, limit int) ([]broker.Rejected, error) {
	table, err := b.table(queue)
	if err != nil {
		return nil, err
	}
	rows, err := b.config.DB.QueryContext(ctx, "SELECT id, message, "+b.config.Dialect.milliseconds()+", reason FROM "+table+ //nolint:gosec // as above
		" WHERE NOT visible ORDER BY id LIMIT "+strconv.Itoa(limit))
	if err != nil {
		return nil, fmt.Errorf("list what queue %q has set aside: %w", queue, b.hint(queue, err))
	}
	defer rows.Close() //nolint:errcheck // Err has told
	rejected := []broker.Rejected{}
	for rows.Next() {
		var r broker.Rejected
		var milliseconds sql.NullInt64
		var reason sql.NullString
		if err := rows.Scan(&r.ID, &r.Body, &milliseconds, &reason); err != nil {
			return nil, err
		}
		r.SentAt = sentAt(milliseconds)
		r.Reason = reason.String
		if !reason.Valid {
			r.Reason = "taken by a worker of the PHP system"
		}
		rejected = append(rejected, r)
	}
	return rejected, rows.Err()
}

// Restore makes rows visible again. Without ids it leaves those without a reason: they may be running in a worker of the PHP system.
func (b *Broker) Restore(ctx context.Context, queue string, ids []string) (int, error) {
	table, err := b.table(queue)
	if err != nil {
		return 0, err
	}
	statement := "UPDATE " + table + " SET visible = TRUE, reason = NULL WHERE NOT visible" //nolint:gosec // as above
	args, err := rowIDs(ids)
	if err != nil {
		return 0, err
	}
	if len(ids) == 0 {
		statement += " AND reason IS NOT NULL"
	} else {
		statement += " AND id IN (" + b.config.Dialect.parameters(1, len(ids)) + ")"
	}
	result, err := b.config.DB.ExecContext(ctx, statement, args...)
	if err != nil {
		return 0, fmt.Errorf("restore what queue %q has set aside: %w", queue, b.hint(queue, err))
	}
	restored, err := result.RowsAffected()
	return int(restored), err
}

func rowIDs(ids []string) ([]any, error) {
	args := make([]any, len(ids))
	for i, id := range ids {
		n, err := strconv.ParseInt(id, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("%q is not the id of a row; ids are numbers", id)
		}
		args[i] = n
	}
	return args, nil
}
