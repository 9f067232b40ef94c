// Package sqltest starts real SQL servers for the tests of one package: PostgreSQL and MariaDB or MySQL, as they are installed on this machine.
package sqltest

import (
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	_ "github.com/go-sql-driver/mysql" // the driver of MySQL
	"github.com/google/uuid"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver of PostgreSQL
	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite" // the driver of SQLite
)

// ErrUnavailable says that a server is not installed here.
var ErrUnavailable = errors.New("the database is not installed")

// Database is a fresh database.
type Database struct {
	Driver string // of database/sql
	DSN    string
}

// Open opens the database, until the test ends.
func (d Database) Open(t testing.TB) *sql.DB {
	t.Helper()
	db, err := sql.Open(d.Driver, d.DSN)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

// servers are those that Run has started, and why the others are not.
var servers struct {
	postgres, mysql     *server
	noPostgres, noMySQL error
	directory           string
}

// Run calls run while the servers run, and returns its exit status. A server that is not installed makes its tests be skipped, or fail if
// TEST_DATABASES is "required".
func Run(run func() int) int {
	dir, err := os.MkdirTemp("", "sqltest-")
	if err != nil {
		fmt.Fprintln(os.Stderr, "sqltest:", err)
		return 1
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a temporary directory
	if err := os.Chmod(dir, 0o755); err != nil {
		fmt.Fprintln(os.Stderr, "sqltest:", err)
		return 1
	}
	servers.directory = dir
	servers.postgres, servers.noPostgres = startPostgres(filepath.Join(dir, "postgres"))
	defer servers.postgres.stop()
	servers.mysql, servers.noMySQL = startMySQL(filepath.Join(dir, "mysql"))
	defer servers.mysql.stop()
	return run()
}

// PostgreSQL returns a fresh database.
func PostgreSQL(t testing.TB) Database {
	t.Helper()
	available(t, servers.noPostgres)
	name := create(t, Database{"pgx", servers.postgres.dsn("postgres")})
	return Database{"pgx", servers.postgres.dsn(name)}
}

// MySQL returns a fresh database of MariaDB or MySQL.
func MySQL(t testing.TB) Database {
	t.Helper()
	available(t, servers.noMySQL)
	name := create(t, Database{"mysql", servers.mysql.dsn("")})
	return Database{"mysql", servers.mysql.dsn(name)}
}

// SQLite returns a fresh database file.
func SQLite(t testing.TB) Database {
	t.Helper()
	file := filepath.Join(t.TempDir(), "outbox.db")
	return Database{"sqlite", "file:" + file + "?_pragma=busy_timeout(30000)&_pragma=journal_mode(wal)&_txlock=immediate"}
}

// create makes a database with a name that no other test uses.
func create(t testing.TB, admin Database) string {
	t.Helper()
	name := "t" + strings.ReplaceAll(uuid.NewString(), "-", "")
	db, err := sql.Open(admin.Driver, admin.DSN)
	require.NoError(t, err)
	defer db.Close() //nolint:errcheck // the statement has told
	_, err = db.ExecContext(t.Context(), "CREATE DATABASE "+name)
	require.NoError(t, err)
	return name
}

func available(t testing.TB, err error) {
	t.Helper()
	if errors.Is(err, ErrUnavailable) && os.Getenv("TEST_DATABASES") != "required" {
		t.Skip(err)
	}
	require.NoError(t, err)
}
