package logbench

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"

	"github.com/distributed-task-queue/taskqueue/tasklog"
)

// fillSQLite makes a file with these tables and writes the tasks into it, as Temporal's own store does.
func fillSQLite(ctx context.Context, file string, schema []string, n namespace, g generator, progress func(string)) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("fill %s: %w", file, err)
		}
	}()
	db, err := openSQLite(file, "rwc", "journal_mode(wal)", "synchronous(0)")
	if err != nil {
		return err
	}
	db.SetMaxOpenConns(1)
	defer func() { err = errors.Join(err, db.Close()) }()
	for _, statement := range schema {
		if _, err := db.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	tell := newTeller(g.tasks, progress)
	for first := 0; first < g.tasks; first += batch {
		last := min(first+batch, g.tasks)
		if err := insert(ctx, db, n, g, first, last); err != nil {
			return err
		}
		tell.written(last)
	}
	_, err = db.ExecContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)")
	return err
}

// insert writes the tasks from first to before last in one transaction.
func insert(ctx context.Context, db *sql.DB, n namespace, g generator, first, last int) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // after a commit it does nothing
	statement, err := tx.PrepareContext(ctx, `INSERT INTO executions_visibility (namespace_id, run_id, _version, start_time, execution_time,
		workflow_id, workflow_type_name, status, close_time, history_length, history_size_bytes, execution_duration, state_transition_count,
		memo, encoding, task_queue, search_attributes, root_workflow_id, root_run_id)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)
	if err != nil {
		return err
	}
	defer statement.Close() //nolint:errcheck // the transaction's end closes it as well
	for number := first; number < last; number++ {
		rec := g.record(number)
		values, err := rec.columns(n)
		if err != nil {
			return err
		}
		if _, err := statement.ExecContext(ctx, values...); err != nil {
			return fmt.Errorf("insert task %q: %w", rec.ID, err)
		}
	}
	return tx.Commit()
}

// columns are the values of a row.
func (rec *record) columns(n namespace) ([]any, error) {
	memo, err := rec.memo()
	if err != nil {
		return nil, err
	}
	fields := map[string]any{}
	for name, value := range rec.attributes() {
		column, ok := n.columns[name]
		if !ok {
			return nil, fmt.Errorf("the namespace has no search attribute %s", name)
		}
		if at, ok := value.(time.Time); ok {
			value = at.Format(time.RFC3339Nano)
		}
		fields[column] = value
	}
	attributes, err := json.Marshal(fields)
	if err != nil {
		return nil, fmt.Errorf("encode the attributes of task %q: %w", rec.ID, err)
	}
	var closed, length, bytes, duration, transitions any
	if !rec.closed.IsZero() {
		closed, duration = rec.closed.UTC(), rec.closed.Sub(rec.started)
		length, bytes, transitions = historyLength, historyBytes+len(rec.Parameters), stateTransitions
	}
	return []any{
		n.id, rec.runID, rec.number + 1, rec.started.UTC(), rec.started.UTC(), string(rec.ID), tasklog.WorkflowType, int32(rec.execution),
		closed, length, bytes, duration, transitions, memo, enumspb.ENCODING_TYPE_PROTO3.String(), rec.Queue, string(attributes),
		string(rec.ID), rec.runID,
	}, nil
}
