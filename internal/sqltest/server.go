package sqltest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"time"

	"github.com/distributed-task-queue/taskqueue/internal/freeport"
)

// startTimeout is how long a server may take to answer, and to end.
const startTimeout = time.Minute

// server is a running server.
type server struct {
	command *exec.Cmd
	ended   chan struct{}
	dsn     func(database string) string
}

// account is who runs the servers: they refuse root.
type account struct{ credential *syscall.Credential }

// accountOf returns the account of a server's package if this process is root's, else its own.
func accountOf(name, dir string) (account, error) {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return account{}, err
	}
	if os.Geteuid() != 0 {
		return account{}, nil
	}
	u, err := user.Lookup(name)
	if err != nil {
		return account{}, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	uid, uidErr := strconv.ParseUint(u.Uid, 10, 32)
	gid, gidErr := strconv.ParseUint(u.Gid, 10, 32)
	if err := errors.Join(uidErr, gidErr, os.Chown(dir, int(uid), int(gid))); err != nil {
		return account{}, err
	}
	return account{&syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}, nil
}

func (a account) command(dir, program string, args ...string) *exec.Cmd {
	command := exec.Command(program, args...)
	command.Dir = dir
	command.SysProcAttr = &syscall.SysProcAttr{Credential: a.credential}
	return command
}

// find returns a program from the path or one of the folders.
func find(name string, patterns ...string) (string, error) {
	if path, err := exec.LookPath(name); err == nil {
		return path, nil
	}
	for _, pattern := range patterns {
		found, err := filepath.Glob(filepath.Join(pattern, name))
		if err == nil && len(found) > 0 {
			return slices.Max(found), nil
		}
	}
	return "", fmt.Errorf("%w: there is no %s", ErrUnavailable, name)
}

func startPostgres(dir string) (*server, error) {
	initdb, initErr := findPostgres("initdb")
	postgres, err := findPostgres("postgres")
	if err := errors.Join(initErr, err); err != nil {
		return nil, err
	}
	as, err := accountOf("postgres", dir)
	if err != nil {
		return nil, err
	}
	data := filepath.Join(dir, "data")
	if out, err := as.command(dir, initdb, "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync").CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w\n%s", err, out)
	}
	number, err := freeport.Find()
	if err != nil {
		return nil, err
	}
	port := strconv.Itoa(number)
	command := as.command(dir, postgres, "-D", data, "-h", "127.0.0.1", "-p", port, "-k", dir, "-c", "fsync=off", "-c", "max_connections=300")
	return start(command, filepath.Join(dir, "log"), "pgx", "postgres", func(database string) string {
		return "postgres://postgres@127.0.0.1:" + port + "/" + database + "?sslmode=disable"
	})
}

func startMySQL(dir string) (*server, error) {
	install, installErr := find("mariadb-install-db")
	mariadbd, err := find("mariadbd", "/usr/sbin", "/usr/local/sbin")
	if err := errors.Join(installErr, err); err != nil {
		return nil, err
	}
	as, err := accountOf("mysql", dir)
	if err != nil {
		return nil, err
	}
	data := filepath.Join(dir, "data")
	if out, err := as.command(dir, install, "--no-defaults", "--datadir="+data, "--auth-root-authentication-method=normal",
		"--skip-test-db").CombinedOutput(); err != nil {
		return nil, fmt.Errorf("mariadb-install-db: %w\n%s", err, out)
	}
	number, err := freeport.Find()
	if err != nil {
		return nil, err
	}
	port := strconv.Itoa(number)
	command := as.command(dir, mariadbd, "--no-defaults", "--datadir="+data, "--bind-address=127.0.0.1", "--port="+port,
		"--socket="+filepath.Join(dir, "socket"), "--pid-file="+filepath.Join(dir, "pid"), "--innodb-flush-log-at-trx-commit=0", "--max-connections=300")
	return start(command, filepath.Join(dir, "log"), "mysql", "", func(database string) string {
		return "root@tcp(127.0.0.1:" + port + ")/" + database
	})
}

// start runs the server until it answers.
func start(command *exec.Cmd, log, driver, database string, dsn func(string) string) (*server, error) {
	output, err := os.Create(log)
	if err != nil {
		return nil, err
	}
	defer output.Close() //nolint:errcheck // the process has its own descriptor
	command.Stdout, command.Stderr = output, output
	if err := command.Start(); err != nil {
		return nil, err
	}
	s := &server{command: command, ended: make(chan struct{}), dsn: dsn}
	go func() {
		defer close(s.ended)
		_ = command.Wait() // the log says why
	}()
	db, err := sql.Open(driver, dsn(database))
	if err != nil {
		return nil, err
	}
	defer db.Close() //nolint:errcheck // nothing was written
	for deadline := time.Now().Add(startTimeout); ; time.Sleep(50 * time.Millisecond) {
		err := db.PingContext(context.Background())
		if err == nil {
			return s, nil
		}
		select {
		case <-s.ended:
		default:
			if time.Now().Before(deadline) {
				continue
			}
			s.stop()
		}
		text, _ := os.ReadFile(log)
		return nil, fmt.Errorf("%s does not answer: %w\n%s", command.Path, err, text)
	}
}

// stop ends the server without waiting for its clients.
func (s *server) stop() {
	if s == nil {
		return
	}
	_ = s.command.Process.Signal(syscall.SIGQUIT)
	kill := time.AfterFunc(startTimeout, func() { _ = s.command.Process.Kill() })
	defer kill.Stop()
	<-s.ended
}
