package csvimport

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"path/filepath"
	"time"

	_ "modernc.org/sqlite" // the driver
)

// store is the table that rows are imported into.
type store struct{ db *sql.DB }

const createTable = `CREATE TABLE IF NOT EXISTS almanac (
	date        TEXT PRIMARY KEY,
	julian_day  INTEGER NOT NULL,
	weekday     TEXT NOT NULL,
	day_of_year INTEGER NOT NULL,
	iso_week    TEXT NOT NULL,
	moon_age    REAL NOT NULL,
	moon_phase  TEXT NOT NULL
) STRICT, WITHOUT ROWID`

// upsert makes a second import of the same rows change nothing.
const upsert = `INSERT INTO almanac (date, julian_day, weekday, day_of_year, iso_week, moon_age, moon_phase)
VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (date) DO UPDATE SET julian_day = excluded.julian_day, weekday = excluded.weekday,
	day_of_year = excluded.day_of_year, iso_week = excluded.iso_week, moon_age = excluded.moon_age, moon_phase = excluded.moon_phase`

func openStore(ctx context.Context, path string) (*store, error) {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("database %q: %w", path, err)
	}
	options := url.Values{"_pragma": {"busy_timeout(10000)", "journal_mode(WAL)"}}
	dsn := url.URL{Scheme: "file", Path: filepath.ToSlash(absolute), RawQuery: options.Encode()}
	db, err := sql.Open("sqlite", dsn.String())
	if err != nil {
		return nil, fmt.Errorf("database %q: %w", path, err)
	}
	// SQLite has one writer at a time. Imports that run at once wait for each other here, batch by
	// batch, and do not meet its lock.
	db.SetMaxOpenConns(1)
	if _, err := db.ExecContext(ctx, createTable); err != nil {
		_ = db.Close()
		return nil, fmt.Errorf("database %q: create table: %w", path, err)
	}
	return &store{db}, nil
}

func (s *store) close() error { return s.db.Close() }

// write writes all the rows or, if there is an error, none.
func (s *store) write(ctx context.Context, rows []row) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin transaction: %w", err)
	}
	defer tx.Rollback() //nolint:errcheck // has no effect after Commit
	statement, err := tx.PrepareContext(ctx, upsert)
	if err != nil {
		return fmt.Errorf("prepare: %w", err)
	}
	defer statement.Close() //nolint:errcheck // the transaction tells
	for _, r := range rows {
		_, err := statement.ExecContext(ctx, r.date.Format(time.DateOnly), r.julianDay, r.weekday, r.dayOfYear, r.isoWeek, r.moonAge, r.moonPhase)
		if err != nil {
			return fmt.Errorf("write row of %s: %w", r.date.Format(time.DateOnly), err)
		}
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}
