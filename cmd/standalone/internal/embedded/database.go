package embedded

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"

	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/persistence/sql/sqlplugin"
	sqliteplugin "go.temporal.io/server/common/persistence/sql/sqlplugin/sqlite"
	sqliteschema "go.temporal.io/server/schema/sqlite"
)

// prepareStores creates what is missing of the databases or the index, the
// namespace and its search attributes, so that the server finds everything in
// place when it starts: all its caches then hold the search attributes from the
// beginning, while one that is registered on a running server is refused until
// the last cache has been refreshed.
func prepareStores(ctx context.Context, data *dataDir, settings *config.Config, c Config) error {
	if err := data.keepVisibility(c.Elasticsearch != nil); err != nil {
		return err
	}
	// The visibility database is first, since keepVisibility tells from it.
	if c.Elasticsearch == nil {
		if err := prepareDatabase(ctx, data.visibilityPath(), tuneVisibility); err != nil {
			return err
		}
	} else if err := prepareIndex(ctx, c.Elasticsearch, c.SearchAttributes); err != nil {
		return err
	}
	if err := prepareDatabase(ctx, data.temporalPath(), nil); err != nil {
		return err
	}
	database := settings.Persistence.DataStores[temporalStore].SQL
	if c.Elasticsearch != nil {
		if err := registerAttributes(ctx, database, settings.ClusterMetadata, c.Elasticsearch.Index, c.SearchAttributes); err != nil {
			return err
		}
		c.SearchAttributes = nil // they are no aliases of the namespace
	}
	columnOf, err := prepareNamespace(ctx, database, c)
	if err != nil || c.Elasticsearch != nil {
		return err
	}
	return prepareDatabase(ctx, data.visibilityPath(), func(ctx context.Context, tx *sql.Tx) error {
		return indexRare(ctx, tx, columnOf, c.RareAttributes)
	})
}

// prepareDatabase gives the database at path Temporal's schema unless it has it,
// then runs tune, if any, which must be idempotent. All this is one transaction:
// a process that is killed in between leaves no half-made schema.
func prepareDatabase(ctx context.Context, path string, tune func(context.Context, *sql.Tx) error) (err error) {
	wrap := func(err error) error { return fmt.Errorf("prepare the database %q: %w", path, err) }
	db, err := sql.Open(sqliteplugin.PluginName, "file:"+uriPath(path)+"?_pragma=busy_timeout(10000)&_pragma=journal_mode(wal)")
	if err != nil {
		return wrap(err)
	}
	defer func() {
		if closeErr := db.Close(); err == nil && closeErr != nil {
			err = wrap(closeErr)
		}
	}()
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return wrap(err)
	}
	defer tx.Rollback() //nolint:errcheck // after a commit it does nothing

	var tables int
	if err := tx.QueryRowContext(ctx, `SELECT count(*) FROM sqlite_master WHERE type = 'table'`).Scan(&tables); err != nil {
		return wrap(err)
	}
	if tables == 0 {
		if err := sqliteschema.SetupSchemaOnDB(schemaTarget{ctx: ctx, tx: tx}); err != nil {
			return wrap(err)
		}
	}
	if tune != nil {
		if err := tune(ctx, tx); err != nil {
			return wrap(err)
		}
	}
	if err := tx.Commit(); err != nil {
		return wrap(err)
	}
	return nil
}

// schemaTarget lets Temporal's schema set-up, which only executes statements,
// run inside our transaction.
type schemaTarget struct {
	sqlplugin.AdminDB // for the methods that the set-up does not call

	ctx context.Context //nolint:containedctx // of the one set-up that this is made for
	tx  *sql.Tx
}

func (t schemaTarget) Exec(statement string, args ...any) error {
	_, err := t.tx.ExecContext(t.ctx, statement, args...)
	return err
}

// sqlConfig says how the server opens the SQLite file at path.
func sqlConfig(path string, ephemeral bool) *config.SQL {
	// With a write-ahead log, synchronous=1 (normal) loses nothing when the
	// process is killed and cannot corrupt the file when the machine dies; then
	// only the last moments may be missing. An ephemeral file needs no syncing.
	synchronous := "1"
	if ephemeral {
		synchronous = "0"
	}
	return &config.SQL{
		PluginName:   sqliteplugin.PluginName,
		DatabaseName: uriPath(path),
		ConnectAttributes: map[string]string{
			"mode":         "rwc",
			"journal_mode": "wal",
			"synchronous":  synchronous,
			"busy_timeout": "10000", // milliseconds; the task log reads beside us
		},
		// SQLite has one writer at a time: more connections only wait for each
		// other, measured at a third of the throughput with 8 of them.
		MaxConns:     1,
		MaxIdleConns: 1,
	}
}

// uriPath escapes the characters of a path that mean something in the URI into
// which it is put.
func uriPath(path string) string {
	return (&url.URL{Path: path}).EscapedPath()
}
