package config

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	taskqueue "github.com/distributed-task-queue/taskqueue"
	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/worker"
)

func writeFile(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "settings.yaml")
	require.NoError(t, os.WriteFile(name, []byte(text), 0o600))
	return name
}

func TestLoadWithoutFileGivesDefaults(t *testing.T) {
	t.Chdir(t.TempDir())
	c, err := Load("", []string{"HOME=/nowhere", "TEMPORAL_ADDRESS=elsewhere:7233"})
	require.NoError(t, err)
	require.Equal(t, Default(), c)
}

func TestLoadTakesTheDefaultFile(t *testing.T) {
	t.Chdir(t.TempDir())
	require.NoError(t, os.WriteFile(DefaultFile, []byte("owner: file"), 0o600))
	c, err := Load("", nil)
	require.NoError(t, err)
	require.Equal(t, "file", c.Owner)
}

func TestLoadNeedsTheNamedFile(t *testing.T) {
	t.Parallel()
	_, err := Load("absent.yaml", nil)
	require.ErrorIs(t, err, os.ErrNotExist)
	require.ErrorContains(t, err, "absent.yaml")
}

func TestLoadReadsTheFile(t *testing.T) {
	t.Parallel()
	c, err := Load(writeFile(t, `
queues:
  - {name: fast, weight: 3, reserved: 1}
  - {name: slow, broker: temporal}
defaultQueue: slow
associations: {csv.import: slow}
categories: {csv.import: import}
owner: jane
ignoredTasks: [index.update]
actions:
  declared: [mail.send]
  http: {allowedHosts: ["*.example.com"], timeout: 5s}
worker: {concurrency: 4, strategy: strict, shutdownTimeout: 1m}
logging: {level: debug, format: json}
`), nil)
	require.NoError(t, err)
	require.Equal(t, []Queue{{Name: "fast", Weight: 3, Reserved: 1}, {Name: "slow", Broker: BrokerTemporal}}, c.Queues)
	require.Equal(t, Worker{Concurrency: 4, Strategy: worker.Strict, ShutdownTimeout: time.Minute}, c.Worker)
	require.Equal(t, Logging{Level: slog.LevelDebug, Format: FormatJSON}, c.Logging)
	require.Equal(t, 5*time.Second, c.Actions.HTTP.Timeout)
	require.Equal(t, Default().Actions.HTTP.MaxRedirects, c.Actions.HTTP.MaxRedirects, "what a section leaves out keeps its default")
	require.Equal(t, Default().API, c.API)

	client := c.Client()
	require.Len(t, client.Queues, 2)
	require.Equal(t, taskqueue.Queue{Name: "fast", Weight: 3, Reserved: 1}, client.Queues[0])
	require.Equal(t, "slow", client.DefaultQueue)
	require.Equal(t, map[string]string{"csv.import": "slow"}, client.Associations)
	require.Equal(t, map[string]task.Category{"csv.import": task.CategoryImport}, client.Categories)
	require.Equal(t, []string{"mail.send", "http.request"}, client.Declared)
	require.Equal(t, "jane", client.Owner)
	require.Equal(t, []string{"index.update"}, client.IgnoredTasks)
}

func TestLoadTakesTheEnvironmentOverTheFile(t *testing.T) {
	t.Parallel()
	file := writeFile(t, `
queues: [{name: one}]
associations: {a: one, b: one}
owner: file
worker: {concurrency: 4}
`)
	c, err := Load(file, []string{
		"TASKQUEUE_QUEUES=[{name: fast, weight: 3}, {name: slow}]",
		"TASKQUEUE_DEFAULT_QUEUE=slow",
		"TASKQUEUE_ASSOCIATIONS={csv.import: slow}",
		"TASKQUEUE_OWNER={not: yaml}",
		"TASKQUEUE_IGNORED_TASKS=index.update, index.delete",
		"TASKQUEUE_ACTIONS_DECLARED=[]",
		"TASKQUEUE_ACTIONS_HTTP_ALLOWED_HOSTS=*.example.com",
		"TASKQUEUE_ACTIONS_HTTP_ALLOW_PRIVATE_NETWORKS=true",
		"TASKQUEUE_WORKER_SHUTDOWN_TIMEOUT=90s",
		"TASKQUEUE_LOGGING_LEVEL=warn",
	})
	require.NoError(t, err)
	require.Equal(t, []Queue{{Name: "fast", Weight: 3}, {Name: "slow"}}, c.Queues)
	require.Equal(t, "slow", c.DefaultQueue)
	require.Equal(t, map[string]string{"csv.import": "slow"}, c.Associations, "the file's map is replaced")
	require.Equal(t, "{not: yaml}", c.Owner)
	require.Equal(t, []string{"index.update", "index.delete"}, c.IgnoredTasks)
	require.NotNil(t, c.Actions.Declared, "an empty list refuses every unknown action")
	require.Empty(t, c.Actions.Declared)
	require.Equal(t, []string{"*.example.com"}, c.Actions.HTTP.AllowedHosts)
	require.True(t, c.Actions.HTTP.AllowPrivateNetworks)
	require.Equal(t, 90*time.Second, c.Worker.ShutdownTimeout)
	require.Equal(t, 4, c.Worker.Concurrency, "what the environment leaves out is the file's")
	require.Equal(t, slog.LevelWarn, c.Logging.Level)
}

func TestLoadNamesUnknownKeys(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, file, variable, unknown, nearest string }{
		{"top level", "quues: []", "", "quues", "queues"},
		{"section", "worker: {concurency: 3}", "", "concurency", "worker.concurrency"},
		{"list element", "queues: [{nam: a}]", "", "nam", "queues[].name"},
		{"built-in action", "actions: {http: {allowedHost: []}}", "", "allowedHost", "actions.http.allowedHosts"},
		{"map element", "actions: {command: {programs: {ls: {pth: /bin/ls}}}}", "", "pth", "actions.command.programs[].path"},
		{"environment", "", "TASKQUEUE_WORKER_CONCURENCY=3", "TASKQUEUE_WORKER_CONCURENCY", "TASKQUEUE_WORKER_CONCURRENCY"},
		{"environment, list element", "", "TASKQUEUE_QUEUES=[{nam: a}]", "nam", "queues[].name"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := Load(writeFile(t, test.file), []string{test.variable})
			var unknown *UnknownKeyError
			require.ErrorAs(t, err, &unknown)
			require.Equal(t, test.unknown, unknown.Name)
			require.Equal(t, test.nearest, unknown.Nearest)
			require.ErrorContains(t, err, test.unknown)
		})
	}
}

func TestLoadRefusesBadValues(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, file, variable, want string }{
		{"type", "owner: jane\nworker: {concurrency: many}", "", "settings.yaml:2:23: "},
		{"type in the environment", "", "TASKQUEUE_WORKER_CONCURRENCY=many", "environment variable TASKQUEUE_WORKER_CONCURRENCY"},
		{"duration", "worker: {shutdownTimeout: soon}", "", "soon"},
		{"level", "logging: {level: loud}", "", "loud"},
		{"duplicate key", "owner: a\nowner: b", "", "owner"},
		{"syntax", "queues: [", "", "settings.yaml:1"},
		{"two documents", "owner: a\n---\nowner: b", "", "more than one YAML document"},
		{"no queues", "queues: []", "", "queues: Queues needs to be set."},
		{"broker", "queues: [{name: a, broker: rabbit}]", "", `queues[0].broker is "rabbit": there is no such broker; brokers are temporal, memory, rds, sqs`},
		{"batch size", "queues: [{name: a, receive: -1}]", "", `queues[0].receive is "-1"`},
		{"batch size of sqs", "queues: [{name: a, broker: sqs, receive: 11}]", "", `queues[0].receive is "11": it must be at most 10 for the broker sqs`},
		{"order", "queues: [{name: a, order: strict}]", "", `queues[0].order is "strict": there is no order "strict"; orders are [queue owner], or none`},
		{"short hiding", "sqs: {visibilityTimeout: 2s}", "", `sqs.visibilityTimeout is "2s": it must be 3s to 12h0m0s`},
		{"long hiding", "sqs: {visibilityTimeout: 13h}", "", `sqs.visibilityTimeout is "13h0m0s"`},
		{"no database", "queues: [{name: a, broker: rds}]", "", `queues[0].persistence is "": the broker rds needs one of persistences, which has []`},
		{"other database", "queues: [{name: a, broker: rds, persistence: b}]\npersistences: {a: {dialect: sqlite, dsn: f}}", "", "which has [a]"},
		{"dialect", "persistences: {a: {dialect: oracle, dsn: f}}", "", `persistences.a.dialect is "oracle": there is no dialect "oracle"`},
		{"data source", "persistences: {a: {dialect: sqlite}}", "", "persistences.a.dsn is"},
		{"engine", "log: {engine: grep}", "", `log.engine is "grep"`},
		{"engine without file", "log: {engine: sqlite}", "", "log.file is"},
		{"monitor interval", "log: {monitorInterval: 10ms}", "", `log.monitorInterval is "10ms"`},
		{"metrics address", "metrics: {listen: '9090'}", "", `metrics.listen is "9090"`},
		{"token issuer", "api: {auth: {jwt: {jwks: keys.json, audience: a}}}", "", "api.auth.jwt.issuer is empty"},
		{"token keys", "api: {auth: {jwt: {jwks: 'http://example.com', issuer: i, audience: a}}}", "", "api.auth.jwt.jwks is"},
		{"certificate", "api: {tls: {certFile: a.pem}}", "", "api.tls: certFile and keyFile belong together"},
		{"request timeout", "api: {timeout: 0s}", "", `api.timeout is "0s"`},
		{"Temporal UI", "api: {temporalUi: 'javascript:alert(1)'}", "", "api.temporalUi is \"javascript:alert(1)\""},
		{"rate", "api: {limits: {requestsPerSecond: 0}}", "", "api.limits.requestsPerSecond is 0"},
		{"rate that is no number", "api: {limits: {requestsPerSecond: .nan}}", "", "api.limits.requestsPerSecond is NaN"},
		{"burst", "api: {limits: {burst: 0}}", "", "api.limits.burst is 0"},
		{"limit", "worker: {limits: {memory: 101}}", "", "worker.limits.memory is 101: it must be a percentage up to 100, or 0 for no limit"},
		{"redirect", "api: {tao: {redirectUrl: 'https://tao.example.com'}}", "", `api.tao.redirectUrl is "https://tao.example.com"; it must have {taskId} or {resource} in it`},
		{"concurrency", "worker: {concurrency: 0}", "", `worker.concurrency is "0"`},
		{"strategy", "worker: {strategy: chance}", "", "worker.strategy"},
		{"shutdown timeout", "worker: {shutdownTimeout: -1s}", "", `worker.shutdownTimeout is "-1s"`},
		{"format", "logging: {format: xml}", "", `logging.format is "xml"`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := Load(writeFile(t, test.file), []string{test.variable})
			require.ErrorContains(t, err, test.want)
		})
	}
}

func TestErrorsShowNoValuesOfOtherKeys(t *testing.T) {
	t.Parallel()
	_, err := Load(writeFile(t, "owner: hush\nworkr: {}\ndefaultQueue: hush"), nil)
	require.Error(t, err)
	require.NotContains(t, err.Error(), "hush")
}

func TestEveryKeyHasAVariable(t *testing.T) {
	t.Parallel()
	require.NotEmpty(t, keys)
	seen := map[string]string{}
	for _, k := range keys {
		require.NotContains(t, k.path+".", "..", "a field of Config has no yaml tag")
		require.Empty(t, seen[k.variable], "%s and %s have the same variable", k.path, seen[k.variable])
		seen[k.variable] = k.path
		require.Regexp(t, `^TASKQUEUE(_[A-Z]+)+$`, k.variable)
	}
	require.Equal(t, "worker.shutdownTimeout", seen["TASKQUEUE_WORKER_SHUTDOWN_TIMEOUT"])
}

func TestExampleShowsEveryKeyWithItsDefault(t *testing.T) {
	t.Parallel()
	c, err := Load("example.yaml", nil)
	require.NoError(t, err)
	require.Equal(t, Default(), c)

	text, err := os.ReadFile("example.yaml")
	require.NoError(t, err)
	for _, path := range paths() {
		require.Regexp(t, `(?m)^[ #-]*`+lastName(path)+`:`, string(text), "example.yaml lacks %s", path)
	}
}
