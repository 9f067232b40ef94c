package logbench

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"

	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
)

// namespace is what the server says of the namespace: its id, and the table's column for each search attribute.
type namespace struct {
	id      string
	columns map[string]string
}

func readNamespace(ctx context.Context, c client.Client, name string) (namespace, error) {
	described, err := c.WorkflowService().DescribeNamespace(ctx, &workflowservice.DescribeNamespaceRequest{Namespace: name})
	if err != nil {
		return namespace{}, fmt.Errorf("describe namespace %q: %w", name, err)
	}
	n := namespace{id: described.GetNamespaceInfo().GetId(), columns: map[string]string{}}
	for column, attribute := range described.GetConfig().GetCustomSearchAttributeAliases() {
		n.columns[attribute] = column
	}
	return n, nil
}

// openSQLite opens a file as the task log does if mode is ro, or makes it if that is rwc.
func openSQLite(file, mode string, pragmas ...string) (*sql.DB, error) {
	absolute, err := filepath.Abs(file)
	if err != nil {
		return nil, err
	}
	location := url.URL{Scheme: "file", Path: filepath.ToSlash(absolute), RawQuery: url.Values{
		"mode": {mode}, "_pragma": append([]string{"busy_timeout(5000)"}, pragmas...), "_time_format": {"sqlite"},
	}.Encode()}
	db, err := sql.Open("sqlite", location.String())
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", file, err)
	}
	return db, nil
}

// schemaOf returns the statements that make a file with the same tables, indexes and triggers.
func schemaOf(ctx context.Context, file string) (statements []string, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("read the schema of %s: %w", file, err)
		}
	}()
	db, err := openSQLite(file, "ro", "query_only(1)")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	// A full-text table makes its own tables, which SQLite calls its shadow.
	rows, err := db.QueryContext(ctx, `SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\_%' ESCAPE '\'
		AND name NOT IN (SELECT name FROM pragma_table_list WHERE type = 'shadow')
		ORDER BY CASE type WHEN 'table' THEN 1 WHEN 'index' THEN 2 ELSE 3 END, rowid`)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var statement string
		if err := rows.Scan(&statement); err != nil {
			return nil, err
		}
		statements = append(statements, statement)
	}
	return statements, rows.Err()
}
