package logbench

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	enumspb "go.temporal.io/api/enums/v1"

	"github.com/distributed-task-queue/taskqueue/tasklog"
)

// sqliteByHand answers the questions with the SQL that somebody who knows the table would write.
type sqliteByHand struct {
	db        *sql.DB
	namespace string
	sql       func(string) string // puts the table's columns in place of the attributes' names
}

func newSQLiteByHand(db *sql.DB, n namespace) *sqliteByHand {
	pairs := make([]string, 0, 2*len(n.columns))
	for attribute, column := range n.columns {
		pairs = append(pairs, "{"+attribute+"}", column)
	}
	return &sqliteByHand{db: db, namespace: n.id, sql: strings.NewReplacer(pairs...).Replace}
}

// In the table an execution is 3 if it has failed, 4 if it was canceled, 5 terminated, 6 continued as new, 7 timed out.
const (
	sqliteList = `SELECT workflow_id, {TaskParent}, {TaskName}, {TaskParameters}, {TaskLabel}, {TaskStatus}, status, {TaskOwner}, {TaskCategory},
		task_queue, {TaskMaster}, {TaskCreatedAt}, {TaskUpdatedAt}, memo FROM executions_visibility WHERE `
	sqliteTasks     = `namespace_id = ? AND workflow_type_name = 'Task' AND `
	sqliteNewest    = ` ORDER BY {TaskCreatedAt} DESC, workflow_id DESC LIMIT ?`
	sqliteAvailable = `{TaskOwner} = ? AND status NOT IN (4, 5, 6) AND {TaskStatus} NOT IN ('archived', 'cancelled')`
	sqliteBetween   = `{TaskCreatedAt} >= ? AND {TaskCreatedAt} < ?`
)

// sqliteTime is a time as the table's columns for attributes hold it.
func sqliteTime(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05.000+00:00") }

// list finds which rows are wanted before it reads what is in them: sorting all of them with their reports takes far longer.
func (s *sqliteByHand) list(ctx context.Context, condition, page string, args ...any) (rows []row, err error) {
	text := s.sql(sqliteList + `rowid IN (SELECT rowid FROM executions_visibility WHERE ` + sqliteTasks + condition + page +
		`) ORDER BY {TaskCreatedAt} DESC, workflow_id DESC`)
	found, err := s.db.QueryContext(ctx, text, append([]any{s.namespace}, args...)...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, found.Close()) }()
	for found.Next() {
		var (
			r             row
			parent, owner sql.NullString
			status        string
			execution     int32
			memo          []byte
		)
		err := found.Scan(&r.ID, &parent, &r.Action, &r.Parameters, &r.Label, &status, &execution, &owner, &r.Category, &r.Queue, &r.Master,
			&r.CreatedAt, &r.Updated, &memo)
		if err != nil {
			return nil, err
		}
		r.ParentID, r.Owner, r.CreatedAt, r.Updated = parent.String, owner.String, r.CreatedAt.UTC(), r.Updated.UTC()
		if err := r.complete(status, enumspb.WorkflowExecutionStatus(execution).String(), memo); err != nil {
			return nil, err
		}
		rows = append(rows, r)
	}
	return rows, found.Err()
}

func (s *sqliteByHand) lastOfUser(ctx context.Context, p params) (answer, error) {
	rows, err := s.list(ctx, sqliteAvailable+` AND {TaskName} NOT IN ('index.update', 'cache.warm')`, sqliteNewest, p.owner, shortPage)
	return answer{Rows: rows}, err
}

func (s *sqliteByHand) failedInWeek(ctx context.Context, p params) (answer, error) {
	rows, err := s.list(ctx, `(status IN (3, 7) OR {TaskStatus} = 'failed') AND {TaskName} = ? AND `+sqliteBetween, sqliteNewest,
		p.action, sqliteTime(p.from), sqliteTime(p.from.Add(week)), longPage)
	return answer{Rows: rows}, err
}

func (s *sqliteByHand) likeOnLabel(ctx context.Context, p params) (answer, error) {
	rows, err := s.list(ctx, `status <> 6 AND {TaskLabel} LIKE ?`, sqliteNewest, "%"+p.word+"%", shortPage)
	return answer{Rows: rows}, err
}

func (s *sqliteByHand) fullText(ctx context.Context, p params) (answer, error) {
	rows, err := s.list(ctx, `status <> 6 AND rowid IN
		(SELECT rowid FROM executions_visibility_fts_text WHERE executions_visibility_fts_text MATCH ?)`, sqliteNewest,
		fmt.Sprintf(s.sql(`{TaskText} : (%s AND %s)`), p.word, p.second), shortPage)
	return answer{Rows: rows}, err
}

func (s *sqliteByHand) deepPage(ctx context.Context, p params) (answer, error) {
	rows, err := s.list(ctx, `status <> 6`, sqliteNewest+` OFFSET ?`, shortPage, p.offset)
	return answer{Rows: rows}, err
}

func (s *sqliteByHand) cursorPage(ctx context.Context, p params) (answer, error) {
	at, _ := p.after.Value.(time.Time)
	rows, err := s.list(ctx, `status <> 6 AND ({TaskCreatedAt}, workflow_id) < (?, ?)`, sqliteNewest, sqliteTime(at), string(p.after.ID), shortPage)
	return answer{Rows: rows}, err
}

func (s *sqliteByHand) statsOfUser(ctx context.Context, p params) (answer, error) {
	var stats tasklog.Stats
	err := s.db.QueryRowContext(ctx, s.sql(`SELECT COUNT(*) FILTER (WHERE {TaskStatus} = 'completed'),
		COUNT(*) FILTER (WHERE status IN (3, 7) OR {TaskStatus} = 'failed'),
		COUNT(*) FILTER (WHERE status NOT IN (3, 7) AND {TaskStatus} IN ('dequeued', 'running', 'child_running'))
		FROM executions_visibility WHERE `+sqliteTasks+sqliteAvailable), s.namespace, p.owner).
		Scan(&stats.Completed, &stats.Failed, &stats.InProgress)
	return answer{Stats: stats}, err
}

func (s *sqliteByHand) groupsByCategory(ctx context.Context, p params) (answer, error) {
	return s.groups(ctx, `SELECT {TaskCategory}, COUNT(*) AS tasks FROM executions_visibility
		WHERE `+sqliteTasks+`status <> 6 AND `+sqliteBetween+` GROUP BY 1 ORDER BY tasks DESC, 1`, p.from, p.to, func(rows *sql.Rows, g *group) error {
		return rows.Scan(&g.Value, &g.Count)
	})
}

// timesByAction takes the percentile of n values that is the nearest rank: p·n, rounded up.
func (s *sqliteByHand) timesByAction(ctx context.Context, p params) (answer, error) {
	return s.groups(ctx, `SELECT action, COUNT(*) AS tasks, COUNT(millis), MIN(millis), AVG(millis), MAX(millis),
		MAX(millis) FILTER (WHERE place = (timed * 50 + 99) / 100), MAX(millis) FILTER (WHERE place = (timed * 95 + 99) / 100)
		FROM (SELECT action, millis, ROW_NUMBER() OVER (PARTITION BY action, millis IS NULL ORDER BY millis) AS place,
			COUNT(millis) OVER (PARTITION BY action) AS timed
			FROM (SELECT {TaskName} AS action, {TaskDuration} AS millis FROM executions_visibility
				WHERE `+sqliteTasks+`status <> 6 AND `+sqliteBetween+`))
		GROUP BY action ORDER BY tasks DESC, action`, p.from, p.from.Add(week), func(rows *sql.Rows, g *group) error {
		var least, mean, most, p50, p95 sql.NullFloat64
		err := rows.Scan(&g.Value, &g.Count, &g.Timed, &least, &mean, &most, &p50, &p95)
		g.Min, g.Mean, g.Max = seconds(least.Float64), seconds(mean.Float64), seconds(most.Float64)
		g.P50, g.P95 = seconds(p50.Float64), seconds(p95.Float64)
		return err
	})
}

func (s *sqliteByHand) groups(ctx context.Context, text string, from, to time.Time, scan func(*sql.Rows, *group) error) (a answer, err error) {
	rows, err := s.db.QueryContext(ctx, s.sql(text), s.namespace, sqliteTime(from), sqliteTime(to))
	if err != nil {
		return answer{}, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var g group
		if err := scan(rows, &g); err != nil {
			return answer{}, err
		}
		a.Groups = append(a.Groups, g)
	}
	return a, rows.Err()
}

func (s *sqliteByHand) dataTable(ctx context.Context, p params) (answer, error) {
	const condition = `status <> 6 AND {TaskName} = ?`
	rows, err := s.list(ctx, condition, sqliteNewest+` OFFSET ?`, p.action, tablePage, p.tableFrom)
	if err != nil {
		return answer{}, err
	}
	a := answer{Rows: rows}
	err = s.db.QueryRowContext(ctx, s.sql(`SELECT COUNT(*) FROM executions_visibility WHERE `+sqliteTasks+condition), s.namespace, p.action).Scan(&a.Total)
	return a, err
}
