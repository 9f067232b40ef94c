//go:build unix

package main

import (
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	taskqueue "github.com/distributed-task-queue/taskqueue"
	"github.com/distributed-task-queue/taskqueue/broker/rds"
	"github.com/distributed-task-queue/taskqueue/internal/temporaltest"
	"github.com/distributed-task-queue/taskqueue/task"
)

// configure rewrites the configuration: the queue's settings, and more lines.
func (b *bundle) configure(t *testing.T, queue, more string) {
	t.Helper()
	text, err := os.ReadFile(b.config)
	require.NoError(t, err)
	changed := strings.Replace(string(text), "{name: "+b.queue+"}", "{name: "+b.queue+", "+queue+"}", 1) + more
	require.NoError(t, os.WriteFile(b.config, []byte(changed), 0o600))
}

func TestRelayOfAllQueues(t *testing.T) {
	t.Parallel()
	testRelay(t, func(string) []string { return nil })
}

func TestRelayOfOneQueue(t *testing.T) {
	t.Parallel()
	testRelay(t, func(queue string) []string { return []string{"--queue", queue} })
}

// testRelay enqueues into a database, and runs a worker with these arguments.
func testRelay(t *testing.T, args func(queue string) []string) {
	t.Helper()
	b := setup(t)
	dsn := "file:" + filepath.Join(t.TempDir(), "outbox.db") + "?_pragma=busy_timeout(30000)"
	b.configure(t, "broker: rds, persistence: a", "persistences: {a: {dialect: sqlite, dsn: '"+dsn+"'}}\n")
	db, err := sql.Open("sqlite", dsn)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	store, err := rds.New(rds.Config{DB: db, Dialect: rds.SQLite})
	require.NoError(t, err)
	b.client, err = taskqueue.New(taskqueue.Config{Temporal: temporaltest.Dial(t), Queues: []taskqueue.Queue{{Name: b.queue, Broker: store}}})
	require.NoError(t, err)
	require.NoError(t, b.client.Initialize(t.Context()))

	p := b.start(t, args(b.queue)...)
	id := b.enqueue(t, "/relayed")
	require.Equal(t, "/relayed", b.called(t), &p.stderr)
	b.answers <- struct{}{}
	b.requireStatus(t, id, task.Completed)
	p.signal(t, syscall.SIGTERM)
	require.Zero(t, p.wait(t), &p.stderr)
}

func TestNoWorkerIsNeededForSyncQueues(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.configure(t, "broker: memory", "")
	p := b.start(t)
	require.Zero(t, p.wait(t), p.stderr.String())
	require.Equal(t, "No worker is needed because all registered queue is a Sync Queue.\n", p.stdout.String())
}
