package cli_test

import (
	"database/sql"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/distributed-task-queue/taskqueue/broker/rds"
	"github.com/distributed-task-queue/taskqueue/internal/cli"
	"github.com/distributed-task-queue/taskqueue/task"
)

// setupOutbox is setup with the SQLite databases "default", which it returns, "other", and "alias", which is the first one again; in a
// configuration with comments.
func setupOutbox(t *testing.T) (b *bundle, db *sql.DB) {
	t.Helper()
	b = setup(t)
	dsn := "file:" + filepath.Join(t.TempDir(), "outbox.db") + "?_pragma=busy_timeout(30000)"
	other := "file:" + filepath.Join(t.TempDir(), "other.db") + "?_pragma=busy_timeout(30000)"
	text := "# ours\nqueues:\n  - name: " + b.fast + " # quick\n    weight: 3\n  - name: " + b.slow + "\ndefaultQueue: " + b.slow + "\n" +
		"persistences:\n  default: {dialect: sqlite, dsn: '" + dsn + "'}\n  other: {dialect: sqlite, dsn: '" + other + "'}\n" +
		"  alias: {dialect: sqlite, dsn: '" + dsn + "&_pragma=journal_mode(delete)'}\n"
	b.other = other
	require.NoError(t, os.WriteFile(b.config, []byte(text), 0o600))
	db, err := sql.Open("sqlite", dsn)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return b, db
}

func TestInitRefusesInTheWordsOfThePHPSystem(t *testing.T) {
	t.Parallel()
	b, _ := setupOutbox(t)
	before, err := os.ReadFile(b.config)
	require.NoError(t, err)
	for want, args := range map[string][]string{
		`Broker "rabbit" is not a valid broker option. Valid options: temporal, memory, rds, sqs`: {"--broker=rabbit"},
		"Persistence id (--persistence=...) needs to be set for SQL.":                             {"--broker=rds"},
		`--order: there is no order "age"`:                                                        {"--broker=memory", "--order=age"},
		`Strategy "chance" does not exist.`:                                                       {"--strategy=chance"},
		`Queue "nowhere" does not exist`:                                                          {"--broker=memory", "--queue=nowhere"},
		"--queue needs --broker":                                                                  {"--queue=" + b.fast},
	} {
		r := b.run(t, append([]string{"init"}, args...)...)
		require.Equal(t, cli.StatusUsage, r.status, r.err)
		require.Contains(t, r.err, want)
	}
	r := b.run(t, "init", "--broker=rds", "--persistence=absent")
	require.Equal(t, cli.StatusFailed, r.status)
	require.Contains(t, r.err, `nothing was changed: configuration: queues[0].persistence is "absent"`)
	r = b.run(t, "init", "--broker=sqs", "--receive=11", "--queue="+b.fast)
	require.Equal(t, cli.StatusFailed, r.status)
	require.Contains(t, r.err, `nothing was changed: configuration: queues[0].receive is "11": it must be at most 10 for the broker sqs`)
	after, err := os.ReadFile(b.config)
	require.NoError(t, err)
	require.Equal(t, string(before), string(after))
}

func TestInitSwitchesQueues(t *testing.T) {
	t.Parallel()
	b, _ := setupOutbox(t)
	done := b.ok(t, "init", "--broker=rds", "--persistence=default", "--receive=-7", "--queue="+b.fast, "--strategy=strict")
	require.Contains(t, done["steps"], "Queue service re-registered.")
	require.Contains(t, done["steps"], "The queues are initialized.")
	text, err := os.ReadFile(b.config)
	require.NoError(t, err)
	require.Contains(t, string(text), "# ours\nqueues:\n  - name: "+b.fast+" # quick\n    weight: 3\n    broker: rds\n    persistence: default\n    receive: 7\n")
	require.Contains(t, string(text), "worker:\n  strategy: strict\n")

	done = b.ok(t, "init", "--broker=memory")
	require.Contains(t, done["steps"], "Queue service re-registered.")
	text, err = os.ReadFile(b.config)
	require.NoError(t, err)
	require.Contains(t, string(text), "broker: memory\n    persistence: default\n    receive: 0\n", "another broker's batch size is forgotten")
	queues := b.ok(t, "queue", "list")["queues"].([]any)
	for _, q := range queues {
		require.Equal(t, "memory", q.(map[string]any)["broker"])
	}
	r := b.run(t, "enqueue", "unknown.action")
	require.Equal(t, cli.StatusFailed, r.status)
	require.Contains(t, r.err, "runs its tasks in the process that enqueues them")
	// http.request is known here, and may call no host: the task has failed when enqueuing returns.
	failed := b.ok(t, "enqueue", "http.request", "--params", `{"url": "http://example.com"}`)
	require.Equal(t, "failed", failed["status"])
	require.NotContains(t, b.ok(t, "init")["steps"], "Queue service re-registered.")
}

func TestATaskGoesThroughTheOutbox(t *testing.T) {
	t.Parallel()
	b, db := setupOutbox(t)
	nothing := b.run(t, "relay")
	require.Equal(t, cli.StatusUsage, nothing.status)
	require.Contains(t, nothing.err, "nothing to relay")
	b.ok(t, "init", "--broker=rds", "--persistence=default", "--queue="+b.slow)
	created := b.ok(t, "enqueue", "mail.send", "--label", "hello")
	require.Equal(t, "created", created["status"])
	id := created["id"].(string)
	require.Equal(t, cli.StatusFailed, b.run(t, "log", "get", id).status, "no relay has taken it")
	_, err := db.ExecContext(t.Context(), `INSERT INTO "`+rds.TableName(b.slow)+`" (message) VALUES ('broken')`)
	require.NoError(t, err)
	slow := b.ok(t, "queue", "list")["queues"].([]any)[1].(map[string]any)
	require.InDelta(t, 2, slow["stored"], 0)

	drained := b.run(t, "relay", b.slow, "--drain")
	require.Equal(t, cli.StatusOK, drained.status, drained.err)
	require.Equal(t, map[string]any{"moved": 1., "duplicates": 0., "rejected": 1.}, drained.object(t))
	require.Contains(t, drained.err, "A message is set aside", "it is an error of somebody's")
	require.Equal(t, "hello", b.ok(t, "log", "get", id)["taskLabel"])
	rejected := b.ok(t, "queue", "rejected", b.slow)["rejected"].([]any)
	require.Len(t, rejected, 1)
	require.Equal(t, "broken", rejected[0].(map[string]any)["body"])
	require.Contains(t, rejected[0].(map[string]any)["reason"], "neither a task")
	require.Equal(t, map[string]any{"restored": 1.}, b.ok(t, "queue", "restore", b.slow, rejected[0].(map[string]any)["id"].(string)))

	for want, args := range map[string][]string{
		"keeps no tasks of its own":          {"queue", "rejected", b.fast},
		"keeps no tasks of its own; the":     {"relay", b.fast},
		`Queue "nowhere" does not exist`:     {"queue", "restore", "nowhere"},
		"--limit is 0; it must be 1 or more": {"queue", "rejected", b.slow, "--limit=0"},
	} {
		r := b.run(t, args...)
		require.Equal(t, cli.StatusUsage, r.status, r.err)
		require.Contains(t, r.err, want)
	}
}

func TestMigrateMovesWhatWaits(t *testing.T) {
	t.Parallel()
	b, _ := setupOutbox(t)
	b.ok(t, "init", "--broker=rds", "--persistence=default")
	var ids []string
	for range 5 {
		ids = append(ids, b.ok(t, "enqueue", "mail.send", "--queue", b.slow)["id"].(string))
	}
	stored := func(i int) any { return b.ok(t, "queue", "list")["queues"].([]any)[i].(map[string]any)["stored"] }

	// From one queue to another.
	require.Equal(t, map[string]any{"moved": 5., "duplicates": 0., "rejected": 0.}, b.ok(t, "migrate", b.slow, "--to", b.fast))
	require.Equal(t, []any{5., 0.}, []any{stored(0), stored(1)})
	require.Equal(t, map[string]any{"moved": 0., "duplicates": 0., "rejected": 0.}, b.ok(t, "migrate", b.slow, "--to", b.fast), "again")

	// From the database that the queue had before to its present one, and then to Temporal at once.
	b.ok(t, "init", "--broker=rds", "--persistence=other")
	require.InDelta(t, 0, stored(0), 0)
	require.InDelta(t, 5, b.ok(t, "migrate", b.fast, "--broker=rds", "--persistence=default")["moved"], 0)
	require.InDelta(t, 5, stored(0), 0)
	b.ok(t, "init", "--broker=temporal")
	require.InDelta(t, 5, b.ok(t, "migrate", b.fast, "--broker=rds", "--persistence=other")["moved"], 0)
	for _, id := range ids {
		require.Equal(t, "created", b.ok(t, "log", "get", id)["status"])
	}
	require.Eventually(t, func() bool { // lists lag behind
		return len(b.ok(t, "log", "list", "--queue", b.fast)["tasks"].([]any)) == 5
	}, 2*time.Minute, 100*time.Millisecond)

	for want, args := range map[string][]string{
		"where to? Name another queue with --to": {b.fast},
		"keeps no tasks of its own":              {b.fast, "--to", b.slow},
		"Persistence id (--persistence=...)":     {b.fast, "--broker=rds"},
		`--persistence is "absent"`:              {b.fast, "--broker=rds", "--persistence=absent"},
		`Queue "nowhere" does not exist`:         {b.fast, "--to", "nowhere"},
	} {
		r := b.run(t, append([]string{"migrate"}, args...)...)
		require.Equal(t, cli.StatusUsage, r.status, "%v: %s", args, r.err)
		require.Contains(t, r.err, want)
	}
	b.ok(t, "init", "--broker=rds", "--persistence=default")
	for _, name := range []string{"default", "alias"} {
		r := b.run(t, "migrate", b.fast, "--broker=rds", "--persistence="+name)
		require.Equal(t, cli.StatusUsage, r.status, r.err)
		require.Contains(t, r.err, "wait there already")
	}
}

func TestMigrateMapsClassesOfThePHPSystem(t *testing.T) {
	t.Parallel()
	b, db := setupOutbox(t)
	text, err := os.ReadFile(b.config)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(b.config, append(text, `relay: {phpActions: {'acme\Mail': mail.send}}`+"\n"...), 0o600))
	b.ok(t, "init", "--broker=rds", "--persistence=default", "--queue="+b.slow)
	id := string(task.NewID())
	_, err = db.ExecContext(t.Context(), `INSERT INTO "`+rds.TableName(b.slow)+`" (message) VALUES (?)`,
		`{"taskFqcn":"acme\\Mail","metadata":{"__id__":"`+id+`"},"parameters":[]}`)
	require.NoError(t, err)
	require.InDelta(t, 1, b.ok(t, "migrate", b.slow, "--to", b.fast)["moved"], 0)
	require.Equal(t, "mail.send", b.ok(t, "log", "get", id)["taskName"])
}

func TestAssociationsAreChanged(t *testing.T) {
	t.Parallel()
	b, _ := setupOutbox(t)
	view := b.ok(t, "associations", "set", "mail.send", b.fast)
	require.Equal(t, []any{map[string]any{"action": "mail.send", "queue": b.fast}}, view["associations"])
	view = b.ok(t, "associations", "set", "csv.import", b.fast+"-new", "--broker=rds", "--persistence=default", "--receive=1")
	require.Len(t, view["associations"], 2)
	added := b.ok(t, "queue", "list")["queues"].([]any)[2].(map[string]any)
	require.Equal(t, "rds", added["broker"])
	require.InDelta(t, 30, added["weight"], 0)
	require.InDelta(t, 1, b.okStored(t, "csv.import", 2), 0, "the new queue is initialized")
	view = b.ok(t, "associations", "remove", "mail.send")
	require.Len(t, view["associations"], 1)
	text, err := os.ReadFile(b.config)
	require.NoError(t, err)
	require.Contains(t, string(text), "# quick")

	for want, args := range map[string][]string{
		`"mail.send" is not associated to any queue`: {"remove", "mail.send"},
		"cannot be empty":       {"set", "", b.fast},
		"exists; only a queue":  {"set", "a", b.fast, "--weight=4"},
		"is not a valid broker": {"set", "a", "b", "--broker=x"},
	} {
		r := b.run(t, append([]string{"associations"}, args...)...)
		require.Equal(t, cli.StatusUsage, r.status, r.err)
		require.Contains(t, r.err, want)
	}
}

// okStored enqueues a task for the action and returns how many wait in the store of the nth queue.
func (b *bundle) okStored(t *testing.T, action string, n int) any {
	t.Helper()
	b.ok(t, "enqueue", action)
	return b.ok(t, "queue", "list")["queues"].([]any)[n].(map[string]any)["stored"]
}

func TestBenchBrokerEndsWithOneLine(t *testing.T) {
	t.Parallel()
	b, _ := setupOutbox(t)
	r := b.run(t, "bench", "broker", "--broker=rds", "--persistence=default", "--tasks=6", "--rounds=2")
	require.Equal(t, cli.StatusOK, r.status, r.err)
	require.Contains(t, r.err, "round 2 of 2: 3 tasks each")
	require.Positive(t, r.object(t)["ratio"])
	r = b.run(t, "bench", "broker")
	require.Equal(t, cli.StatusUsage, r.status)
	require.Contains(t, r.err, "which broker?")
}
