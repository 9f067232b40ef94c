// Package sqlite is the task log's engine for a Temporal server that keeps its visibility in a SQLite file
// on the same machine, as the embedded server does. It reads that file, and never writes to it.
package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"slices"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	_ "modernc.org/sqlite" // the database/sql driver "sqlite"

	"github.com/distributed-task-queue/taskqueue/tasklog"
)

const (
	// maxConnections lets a few searches run beside each other; readers do not block the server's writes.
	maxConnections = 4

	// busyTimeoutMillis is how long a search waits while the server recovers or truncates its write-ahead log.
	busyTimeoutMillis = 5000
)

// Config is what the engine needs.
type Config struct {
	// Client is connected to the server that writes the file. Required.
	Client client.Client
	// Namespace is where the tasks are; its search attributes must be registered. Default "default".
	Namespace string
	// Path is the file with the table executions_visibility. Required.
	Path string
	// DataConverter must be the one that tasks run with. Default Temporal's own.
	DataConverter converter.DataConverter
}

// Engine is the engine. It is safe for concurrent use.
type Engine struct {
	db     *sql.DB
	schema schema
	data   converter.DataConverter
}

var _ tasklog.Engine = (*Engine)(nil)

// Open opens the file, and asks the server where in it the namespace's search attributes are.
func Open(ctx context.Context, config Config) (*Engine, error) {
	if config.Namespace == "" {
		config.Namespace = client.DefaultNamespace
	}
	if config.DataConverter == nil {
		config.DataConverter = converter.GetDefaultDataConverter()
	}
	schema, err := readSchema(ctx, config.Client, config.Namespace)
	if err != nil {
		return nil, fmt.Errorf("open the task log: %w", err)
	}
	db, err := open(ctx, config.Path)
	if err != nil {
		return nil, fmt.Errorf("open the task log in %s: %w", config.Path, err)
	}
	return &Engine{db: db, schema: schema, data: config.DataConverter}, nil
}

func open(ctx context.Context, path string) (*sql.DB, error) {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	location := url.URL{Scheme: "file", Path: filepath.ToSlash(absolute), RawQuery: url.Values{
		"mode":    {"ro"},
		"_pragma": {fmt.Sprintf("busy_timeout(%d)", busyTimeoutMillis), "query_only(1)"},
	}.Encode()}
	db, err := sql.Open("sqlite", location.String())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(maxConnections)
	db.SetMaxIdleConns(maxConnections)
	if err := db.PingContext(ctx); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// Close closes the file.
func (e *Engine) Close() error { return e.db.Close() }

// Search returns the tasks that satisfy the filter.
func (e *Engine) Search(ctx context.Context, f *tasklog.Filter) (tasklog.Page, error) {
	if err := f.Err(); err != nil {
		return tasklog.Page{}, err
	}
	found, last := tasklog.Collection{}, any(nil)
	limit, limited, offset := f.Page()
	if !f.MatchesNothing() && (!limited || limit > 0) {
		var err error
		if found, last, err = e.find(ctx, f); err != nil {
			return tasklog.Page{}, fmt.Errorf("search the task log: %w", err)
		}
	}
	var total int64
	switch {
	case !f.WantsTotal():
	case f.Position() == nil && len(found) > 0 && (!limited || len(found) < limit):
		total = int64(offset + len(found)) // this is the last page
	default:
		var err error
		if total, err = e.Count(ctx, f); err != nil {
			return tasklog.Page{}, err
		}
	}
	return f.NewPage(found, total, last), nil
}

// find returns the wanted tasks, and the value that the last one is sorted by.
func (e *Engine) find(ctx context.Context, f *tasklog.Filter) (found tasklog.Collection, last any, err error) {
	r := newReader(e.schema, f, e.data)
	var s statement
	s.add("SELECT " + r.list() + " FROM executions_visibility AS e WHERE ")
	page := func() {
		s.where(e.schema, f, time.Now())
		s.after(e.schema, f)
		s.order(e.schema, f)
		s.page(f)
	}
	if _, limited, _ := f.Page(); limited {
		// First only which rows the page has: sorting them all with everything that is to be returned
		// would read every report.
		s.add("e.rowid IN (SELECT e.rowid FROM executions_visibility AS e WHERE ")
		page()
		s.add(")")
		s.order(e.schema, f)
	} else {
		page()
	}
	rows, err := e.db.QueryContext(ctx, s.text.String(), s.args...)
	if err != nil {
		return nil, nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	found = tasklog.Collection{}
	for rows.Next() {
		entity, err := r.read(rows)
		if err != nil {
			return nil, nil, err
		}
		found = append(found, entity)
	}
	return found, r.sortKey(), rows.Err()
}

// Count returns how many tasks satisfy the filter.
func (e *Engine) Count(ctx context.Context, f *tasklog.Filter) (int64, error) {
	if err := f.Err(); err != nil {
		return 0, err
	}
	if f.MatchesNothing() {
		return 0, nil
	}
	var s statement
	s.add("SELECT COUNT(*) FROM executions_visibility AS e WHERE ")
	s.where(e.schema, f, time.Now())
	var n int64
	if err := e.db.QueryRowContext(ctx, s.text.String(), s.args...).Scan(&n); err != nil {
		return 0, fmt.Errorf("count in the task log: %w", err)
	}
	return n, nil
}

// Stats counts the tasks that satisfy the filter, all in one pass.
func (e *Engine) Stats(ctx context.Context, f *tasklog.Filter) (stats tasklog.Stats, err error) {
	if err := f.Err(); err != nil {
		return tasklog.Stats{}, err
	}
	if f.MatchesNothing() {
		return tasklog.Stats{}, nil
	}
	// What is counted is what is stored; the rules of the status are then applied to a few numbers instead of every row.
	var s statement
	s.add(fmt.Sprintf("SELECT e.status, COALESCE(%s, ''), COUNT(*) FROM executions_visibility AS e WHERE ", value(e.schema, tasklog.Status)))
	s.where(e.schema, f, time.Now())
	s.add(" GROUP BY 1, 2")
	rows, err := e.db.QueryContext(ctx, s.text.String(), s.args...)
	if err != nil {
		return tasklog.Stats{}, fmt.Errorf("count the tasks of the task log by status: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var (
			execution int32
			stored    string
			count     int64
		)
		if err := rows.Scan(&execution, &stored, &count); err != nil {
			return tasklog.Stats{}, fmt.Errorf("count the tasks of the task log by status: %w", err)
		}
		status, _ := tasklog.EffectiveStatus(stored, enumspb.WorkflowExecutionStatus(execution))
		for _, bucket := range stats.Buckets() {
			if slices.Contains(bucket.Statuses, status) {
				*bucket.Count += count
			}
		}
	}
	if err := rows.Err(); err != nil {
		return tasklog.Stats{}, fmt.Errorf("count the tasks of the task log by status: %w", err)
	}
	return stats, nil
}
