package embedded

import (
	"context"
	"database/sql"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTuningKeepsFullTextInStep(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "visibility.db")
	for range 2 { // a restart tunes again
		require.NoError(t, prepareDatabase(t.Context(), path, tuneVisibility))
	}
	db, err := sql.Open("sqlite", "file:"+path)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	exec := func(statement string, args ...any) {
		t.Helper()
		_, err := db.ExecContext(t.Context(), statement, args...)
		require.NoError(t, err)
	}
	requireMatches := func(query string, want ...string) {
		t.Helper()
		tx, err := db.BeginTx(t.Context(), nil)
		require.NoError(t, err)
		defer tx.Rollback()
		got, err := selectStrings(context.Background(), tx, `SELECT run_id FROM executions_visibility WHERE rowid IN (
			SELECT rowid FROM executions_visibility_fts_text WHERE executions_visibility_fts_text = ?) ORDER BY run_id`, query)
		require.NoError(t, err)
		require.Equal(t, want, got)
		problems, err := selectStrings(context.Background(), tx, `PRAGMA integrity_check`) // full-text tables included
		require.NoError(t, err)
		require.Equal(t, []string{"ok"}, problems)
	}
	insert := func(run string, attributes any) {
		t.Helper()
		exec(`INSERT INTO executions_visibility (namespace_id, run_id, start_time, execution_time, workflow_id,
			workflow_type_name, status, encoding, search_attributes) VALUES ('n', ?, '', '', 'w', 't', 1, '', ?)`, run, attributes)
	}
	update := func(run string, attributes any) {
		t.Helper()
		exec(`UPDATE executions_visibility SET search_attributes = ? WHERE run_id = ?`, attributes, run)
	}

	insert("a", `{"Text01": "green frog", "KeywordList01": ["x"]}`)
	insert("b", nil)
	insert("c", `{"Text02": "green toad"}`)
	requireMatches("Text01 : green", "a")
	requireMatches("green", "a", "c")

	update("b", `{"Text01": "green newt"}`) // from nothing to something
	update("a", `{"Text01": "brown frog"}`) // changed
	update("c", nil)                        // from something to nothing
	requireMatches("green", "b")
	requireMatches("brown", "a")
	exec(`UPDATE executions_visibility SET status = 2`) // nothing that is indexed
	requireMatches("green", "b")

	exec(`DELETE FROM executions_visibility WHERE run_id IN ('b', 'c')`)
	requireMatches("green") // none
	requireMatches("brown", "a")

	var indexes int
	require.NoError(t, db.QueryRowContext(t.Context(), `SELECT count(*) FROM sqlite_master
		WHERE type = 'index' AND tbl_name = 'executions_visibility' AND sql IS NOT NULL`).Scan(&indexes))
	require.Len(t, keptIndexes, indexes)
}
