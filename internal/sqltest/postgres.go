package sqltest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/distributed-task-queue/taskqueue/internal/freeport"
)

// Postgres is a PostgreSQL server of one test, which may stop it, kill it and start it again. It syncs to disk as in production.
type Postgres struct {
	Port string // on 127.0.0.1, the same after each start

	dir string
	as  account
}

// StartPostgres makes a server with its data in the folder, empty or missing, and starts it until the test ends. The settings are beside
// PostgreSQL's defaults, as in "max_wal_size=64MB". The test is skipped, or fails, as with PostgreSQL.
func StartPostgres(t testing.TB, dir string, settings ...string) *Postgres {
	t.Helper()
	_, initErr := findPostgres("initdb")
	_, err := findPostgres("pg_ctl")
	available(t, errors.Join(initErr, err))
	as, err := accountOf("postgres", dir)
	available(t, err)
	port, err := freeport.Find()
	require.NoError(t, err)
	p := &Postgres{Port: strconv.Itoa(port), dir: dir, as: as}
	p.Run(t, "initdb", "-D", p.data(), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C")
	lines := fmt.Sprintf("listen_addresses = '127.0.0.1'\nport = %d\nunix_socket_directories = ''\nmax_connections = 200\n", port)
	file, err := os.OpenFile(filepath.Join(p.data(), "postgresql.conf"), os.O_APPEND|os.O_WRONLY, 0)
	require.NoError(t, err)
	_, err = file.WriteString(lines + strings.Join(settings, "\n") + "\n")
	require.NoError(t, errors.Join(err, file.Close()))
	p.Start(t)
	t.Cleanup(func() {
		if p.running() {
			p.Stop(t, "immediate")
		}
	})
	return p
}

func findPostgres(program string) (string, error) { return find(program, "/usr/lib/postgresql/*/bin") }

func (p *Postgres) data() string { return filepath.Join(p.dir, "data") }

func (p *Postgres) running() bool { return p.Command("pg_ctl", "status", "-D", p.data()).Run() == nil }

// Start starts the server and returns when it answers. It does nothing if the server runs.
func (p *Postgres) Start(t testing.TB) {
	t.Helper()
	if p.running() {
		return
	}
	p.Run(t, "pg_ctl", "start", "-D", p.data(), "-w", "-t", "120", "-l", p.log())
}

// Restart stops the server in one of the modes of pg_ctl, smart, fast or immediate, and starts it again.
func (p *Postgres) Restart(t testing.TB, mode string) {
	t.Helper()
	p.Run(t, "pg_ctl", "restart", "-D", p.data(), "-m", mode, "-w", "-t", "120", "-l", p.log())
}

// Stop stops the server, in one of these modes.
func (p *Postgres) Stop(t testing.TB, mode string) {
	t.Helper()
	p.Run(t, "pg_ctl", "stop", "-D", p.data(), "-m", mode, "-w", "-t", "120")
}

func (p *Postgres) log() string { return filepath.Join(p.dir, "log") }

// DSN is how to connect to a database of the server.
func (p *Postgres) DSN(database string) string {
	return "postgres://postgres@127.0.0.1:" + p.Port + "/" + database + "?sslmode=disable"
}

// Command is one of PostgreSQL's programs, run by the server's account in the server's folder. The clients among them connect to the server.
func (p *Postgres) Command(program string, args ...string) *exec.Cmd {
	path, err := findPostgres(program)
	if err != nil {
		path = program // its start fails with a better message
	}
	command := p.as.command(p.dir, path, args...)
	command.Env = append(os.Environ(), "PGHOST=127.0.0.1", "PGPORT="+p.Port, "PGUSER=postgres")
	return command
}

// Run runs one of PostgreSQL's programs, which must succeed, and returns what it wrote to its standard output.
func (p *Postgres) Run(t testing.TB, program string, args ...string) string {
	t.Helper()
	// A server that pg_ctl starts keeps its files open, and a pipe would never end.
	stdout, err := os.CreateTemp(t.TempDir(), "stdout")
	require.NoError(t, err)
	defer stdout.Close() //nolint:errcheck // it has been read
	stderr, err := os.CreateTemp(t.TempDir(), "stderr")
	require.NoError(t, err)
	defer stderr.Close() //nolint:errcheck // as above
	command := p.Command(program, args...)
	command.Stdout, command.Stderr = stdout, stderr
	if err := command.Run(); err != nil {
		log, _ := os.ReadFile(p.log()) // it may not exist yet
		said, _ := os.ReadFile(stderr.Name())
		require.NoError(t, err, "%s %q: %s\n%s", program, args, said, log[max(0, len(log)-5000):])
	}
	out, err := os.ReadFile(stdout.Name())
	require.NoError(t, err)
	return string(out)
}
