package rds

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/distributed-task-queue/taskqueue/broker"
)

// batch is rows that are locked by a transaction.
type batch struct {
	broker *Broker
	tx     interface { // nil if nothing is locked
		broker.Tx
		Commit() error
		Rollback() error
	}
	end      context.CancelFunc // of the transaction; it may be called at any time
	table    string
	messages []broker.Message
}

func (b *batch) Messages() []broker.Message { return b.messages }

// Settle deletes what is done and hides what is rejected, in the transaction that holds the locks. The end of that gives back the rest.
func (b *batch) Settle(ctx context.Context, verdicts []broker.Verdict) error {
	defer b.end()
	defer context.AfterFunc(ctx, b.end)() // a commit has no context of its own
	if b.tx == nil {
		tx, err := b.broker.config.DB.BeginTx(ctx, nil)
		if err != nil {
			return fmt.Errorf("begin a transaction: %w", err)
		}
		b.tx = tx
	}
	if err := b.settle(ctx, verdicts); err != nil {
		return errors.Join(err, b.tx.Rollback())
	}
	if err := b.tx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

func (b *batch) settle(ctx context.Context, verdicts []broker.Verdict) error {
	d := b.broker.config.Dialect
	var done []string
	for i, v := range verdicts {
		id := b.messages[i].ID
		switch {
		case v.Done:
			done = append(done, id)
		case v.Reject != "":
			statement := "UPDATE " + b.table + " SET visible = FALSE, reason = " + d.parameter(1) + " WHERE id = " + d.parameter(2)
			ids, err := rowIDs([]string{id})
			if err != nil {
				return err
			}
			if _, err := b.tx.ExecContext(ctx, statement, v.Reject, ids[0]); err != nil {
				return fmt.Errorf("set row %s aside: %w", id, err)
			}
		}
	}
	if len(done) == 0 {
		return nil
	}
	ids, err := rowIDs(done)
	if err != nil {
		return err
	}
	for some := range slices.Chunk(ids, d.removeAtOnce(len(ids))) {
		if _, err := b.tx.ExecContext(ctx, d.remove(b.table, len(some)), some...); err != nil {
			return fmt.Errorf("delete %d rows: %w", len(done), err)
		}
	}
	return nil
}
