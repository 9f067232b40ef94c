package embedded

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
)

// keptIndexes are the indexes of executions_visibility that remain beside the
// primary key (namespace_id, run_id). Temporal's schema has about 60, one for
// each column that anybody might filter by, and every change of a workflow
// updates all of them: measured, the visibility writes of one task take 9 ms of
// CPU with them and 3 ms after this tuning. A filter on a column without an
// index still works, by scanning the namespace in the order of default_idx.
var keptIndexes = []string{
	"default_idx",    // the order of every list: close time, start time
	"by_workflow_id", // one task by its id
	"by_status",      // running workflows among many closed ones
}

// fullTextTables are the indexes for attributes of type Text and KeywordList.
var fullTextTables = []string{
	"executions_visibility_fts_text",
	"executions_visibility_fts_keyword_list",
}

// stockTriggers of Temporal's schema write all columns to both full-text tables
// at every change of a row, even when all are NULL or unchanged, which is almost
// always.
var stockTriggers = []string{
	"executions_visibility_ai",
	"executions_visibility_ad",
	"executions_visibility_au",
}

// tuneVisibility removes what makes writes to the visibility table slow and is
// not used here: most indexes, and the full-text updates that change nothing.
// Every query that Temporal can ask keeps its answer. It is idempotent.
func tuneVisibility(ctx context.Context, tx *sql.Tx) error {
	indexes, err := selectStrings(ctx, tx, `SELECT name FROM sqlite_master
		WHERE type = 'index' AND tbl_name = 'executions_visibility' AND sql IS NOT NULL`)
	if err != nil {
		return fmt.Errorf("list the visibility indexes: %w", err)
	}
	var statements []string
	for _, index := range indexes {
		if !slices.Contains(keptIndexes, index) && !strings.HasPrefix(index, rarePrefix) {
			statements = append(statements, "DROP INDEX "+index)
		}
	}
	for _, trigger := range stockTriggers {
		statements = append(statements, "DROP TRIGGER IF EXISTS "+trigger)
	}
	for _, table := range fullTextTables {
		columns, err := selectStrings(ctx, tx, `SELECT name FROM pragma_table_info(?)`, table)
		if err != nil {
			return fmt.Errorf("list the columns of %s: %w", table, err)
		}
		statements = append(statements, fullTextTriggers(table, columns)...)
	}
	for _, statement := range statements {
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("tune the visibility database with %q: %w", statement, err)
		}
	}
	return nil
}

// fullTextTriggers keep the full-text table in step with executions_visibility,
// whose content it indexes. A row is in the full-text table only if one of its
// columns has a value; removing one that is not there would damage the index,
// so deletions have the very condition of insertions.
func fullTextTriggers(table string, columns []string) []string {
	join := func(format, separator string) string {
		parts := make([]string, len(columns))
		for i, column := range columns {
			parts[i] = strings.ReplaceAll(format, "?", column)
		}
		return strings.Join(parts, separator)
	}
	var (
		list    = join("?", ", ")
		wasSet  = join("OLD.? IS NOT NULL", " OR ")
		isSet   = join("NEW.? IS NOT NULL", " OR ")
		changed = join("OLD.? IS NOT NEW.?", " OR ")
		remove  = fmt.Sprintf("INSERT INTO %s (%s, rowid, %s) SELECT 'delete', OLD.rowid, %s WHERE %s;",
			table, table, list, join("OLD.?", ", "), wasSet)
		add = fmt.Sprintf("INSERT INTO %s (rowid, %s) SELECT NEW.rowid, %s WHERE %s;",
			table, list, join("NEW.?", ", "), isSet)
	)
	trigger := func(name, event, condition, body string) string {
		return fmt.Sprintf("CREATE TRIGGER IF NOT EXISTS %s_%s AFTER %s ON executions_visibility WHEN %s BEGIN %s END",
			table, name, event, condition, body)
	}
	return []string{
		trigger("insert", "INSERT", isSet, add),
		trigger("delete", "DELETE", wasSet, remove),
		trigger("update", "UPDATE", changed, remove+" "+add),
	}
}

// rarePrefix begins the names of the indexes of indexRare.
const rarePrefix = "rare_"

// indexRare gives attributes that few executions have an index of those
// executions alone, in the order of every list. For all others it costs no write.
func indexRare(ctx context.Context, tx *sql.Tx, columnOf map[string]string, names []string) error {
	for _, name := range names {
		column := columnOf[name]
		//nolint:gosec // the name is that of one of the table's own columns
		statement := fmt.Sprintf(`CREATE INDEX IF NOT EXISTS %s%s ON executions_visibility
			(namespace_id, COALESCE(close_time, '9999-12-31 23:59:59+00:00') DESC, %s) WHERE %s IS NOT NULL`, rarePrefix, column, column, column)
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("index search attribute %q in column %q: %w", name, column, err)
		}
	}
	return nil
}

// selectStrings returns the single text column of a query's rows.
func selectStrings(ctx context.Context, tx *sql.Tx, query string, args ...any) (values []string, err error) {
	rows, err := tx.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // rows.Err reports what matters
	for rows.Next() {
		var value string
		if err := rows.Scan(&value); err != nil {
			return nil, err
		}
		values = append(values, value)
	}
	return values, rows.Err()
}
