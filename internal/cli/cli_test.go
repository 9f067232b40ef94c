package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/distributed-task-queue/taskqueue/internal/cli"
	"github.com/distributed-task-queue/taskqueue/internal/temporaltest"
)

// variableTaskctl makes the test's binary taskctl.
const variableTaskctl = "CLITEST_TASKCTL"

func TestMain(m *testing.M) {
	if os.Getenv(variableTaskctl) != "" {
		os.Exit(cli.Run(context.Background(), os.Args[1:], cli.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr}))
	}
	temporaltest.Main(m)
}

// bundle is taskctl with a configuration of its own: two queues that no other test uses.
type bundle struct {
	config     string
	fast, slow string // the queues; slow is the default one
	other      string // the data source of the database "other", if there is one
}

func setup(t *testing.T) *bundle {
	t.Helper()
	name := temporaltest.UniqueName(t)
	b := &bundle{config: filepath.Join(t.TempDir(), "taskqueue.yaml"), fast: name + "-fast", slow: name + "-slow"}
	text := "queues: [{name: " + b.fast + ", weight: 3}, {name: " + b.slow + "}]\n" +
		"defaultQueue: " + b.slow + "\n" +
		"associations: {mail.send: " + b.fast + "}\n" +
		"ignoredTasks: [index.update]\n"
	require.NoError(t, os.WriteFile(b.config, []byte(text), 0o600))
	return b
}

type result struct {
	status   int
	out, err string
}

// run runs taskctl.
func (b *bundle) run(t *testing.T, args ...string) result { return b.runWith(t, "", args...) }

func (b *bundle) runWith(t *testing.T, stdin string, args ...string) result {
	t.Helper()
	var out, err bytes.Buffer
	args = append([]string{"--config", b.config, "--address", temporaltest.Server().Address}, args...)
	status := cli.Run(t.Context(), args, cli.Streams{In: strings.NewReader(stdin), Out: &out, Err: &err})
	return result{status, out.String(), err.String()}
}

// progress is what commands that take long tell meanwhile, as any may on a busy machine.
var progress = regexp.MustCompile(`(?m)^\d+ of \d+ .*\n`)

// ok runs taskctl, which must succeed without complaint, and returns its JSON.
func (b *bundle) ok(t *testing.T, args ...string) map[string]any {
	t.Helper()
	r := b.run(t, args...)
	require.Equal(t, cli.StatusOK, r.status, r.err)
	require.Empty(t, progress.ReplaceAllString(r.err, ""))
	return r.object(t)
}

// object returns the one line of JSON that was printed.
func (r result) object(t *testing.T) map[string]any {
	t.Helper()
	require.Equal(t, 1, strings.Count(r.out, "\n"), "not one line: %s", r.out)
	var object map[string]any
	require.NoError(t, json.Unmarshal([]byte(r.out), &object))
	return object
}

func TestUsageErrorsExitWithTwo(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for want, args := range map[string][]string{
		`unknown command "enqueu"`:               {"enqueu"},
		`unknown command "lst"`:                  {"log", "lst"},
		"taskctl log needs one of its commands":  {"log"},
		"unknown flag: --lable":                  {"enqueue", "a", "--lable", "x"},
		"accepts 1 arg(s), received 0":           {"enqueue"},
		"accepts 1 arg(s), received 2":           {"log", "get", "a", "b"},
		"invalid argument \"soon\"":              {"enqueue", "a", "--delay", "soon"},
		"ACTION is empty":                        {"enqueue", ""},
		`--output is "xml"`:                      {"--output", "xml", "log", "stats"},
		"--params: invalid task: parameters":     {"enqueue", "a", "--params", "{"},
		"no such file":                           {"enqueue", "a", "--params", "@absent.json"},
		"priority is 9":                          {"enqueue", "a", "--priority", "9"},
		"delay is -1s":                           {"enqueue", "a", "--delay", "-1s"},
		`"money" is not a valid category`:        {"enqueue", "a", "--category", "money"},
		`Queue "nowhere" does not exist`:         {"enqueue", "a", "--queue", "nowhere"},
		`"colour" is not a column`:               {"log", "list", "--filter", "colour = red"},
		`"~" , which is`:                         {"log", "list", "--filter", "owner ~ jane"},
		`"size" is not a column`:                 {"log", "list", "--sort", "size"},
		"--order needs --sort":                   {"log", "list", "--order", "asc"},
		"valid are asc and desc":                 {"log", "list", "--sort", "owner", "--order", "up"},
		"cannot be negative":                     {"log", "list", "--limit", "-1"},
		`status`:                                 {"log", "list", "--status", "done"},
		"no letter or digit to look for":         {"log", "list", "--text", "?!"},
		"not one that a page has given":          {"log", "list", "--cursor", "x"},
		"tasks are grouped by one of":            {"log", "groups", "--by", "label"},
		"it must be 1 to 1000":                   {"log", "groups", "--top", "1001"},
		`not "soon"`:                             {"log", "groups", "--from", "soon"},
		"begins like a JSON array but is none":   {"log", "list", "--filter", "owner in [jane"},
		"which tasks? Give their ids, --all, or": {"log", "archive"},
		"exclude each other":                     {"log", "cancel", "an-id", "--all"},
		"tasks are 1":                            {"bench", "--tasks", "1"},
	} {
		r := b.run(t, args...)
		require.Equal(t, cli.StatusUsage, r.status, "%v: %s", args, r.err)
		require.Contains(t, r.err, strings.ReplaceAll(want, `" ,`, `",`), "%v", args)
		require.Empty(t, r.out, "%v", args)
	}
}

func TestFailuresExitWithOne(t *testing.T) {
	t.Parallel()
	b := setup(t)
	r := b.run(t, "log", "get", "absent")
	require.Equal(t, cli.StatusFailed, r.status)
	require.Contains(t, r.err, `Task log for task "absent" not found`)

	r = b.run(t, "--address", "127.0.0.1:1", "log", "stats")
	require.Equal(t, cli.StatusFailed, r.status)
	require.Contains(t, r.err, "is it running? Start one with `go run ./cmd/standalone`")

	require.NoError(t, os.WriteFile(b.config, []byte("quues: []"), 0o600))
	r = b.run(t, "associations")
	require.Equal(t, cli.StatusFailed, r.status)
	require.Contains(t, r.err, `unknown key "quues"; did you mean "queues"?`)
	require.NoError(t, os.WriteFile(b.config, []byte("associations: {mail.send: absent}"), 0o600))
	r = b.run(t, "--address", "127.0.0.1:1", "associations")
	require.Equal(t, cli.StatusFailed, r.status)
	require.Contains(t, r.err, "Found not registered queue(s) linked to task(s): absent.")
}

func TestInitMayBeRepeated(t *testing.T) {
	t.Parallel()
	b := setup(t)
	namespace := strings.ToLower(temporaltest.UniqueName(t))
	first := b.ok(t, "init", "--namespace", namespace)
	require.Equal(t, true, first["initialized"])
	require.Contains(t, first["steps"], `The namespace "`+namespace+`" is registered; it keeps finished tasks for 720h0m0s.`)
	second := b.ok(t, "init", "--namespace", namespace)
	require.Contains(t, second["steps"], `The namespace "`+namespace+`" exists; it keeps finished tasks for 720h0m0s.`)

	// What was set up takes tasks.
	e := b.ok(t, "enqueue", "a", "--namespace", namespace)
	require.Equal(t, "created", e["status"])
}

func TestAServerThatIsNotSetUpIsNamedWithTheCommand(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, args := range [][]string{{"enqueue", "a"}, {"log", "list"}} {
		r := b.run(t, append(args, "--namespace", "nowhere")...)
		require.Equal(t, cli.StatusFailed, r.status)
		require.Contains(t, r.err, "run `taskctl init`")
	}
}

func TestQueues(t *testing.T) {
	t.Parallel()
	b := setup(t)
	require.Equal(t, map[string]any{
		"defaultQueue": b.slow,
		"associations": []any{map[string]any{"action": "mail.send", "queue": b.fast}},
	}, b.ok(t, "associations"))
	require.Equal(t, map[string]any{"queues": []any{
		map[string]any{"name": b.fast, "weight": 3., "broker": "temporal", "default": false, "waiting": 0., "stored": 0., "rejected": 0., "error": "", "addedPerSecond": 0., "startedPerSecond": 0., "oldestSeconds": 0., "workers": []any{}, "paused": false, "pauseReason": "", "associations": []any{"mail.send"}},
		map[string]any{"name": b.slow, "weight": 1., "broker": "temporal", "default": true, "waiting": 0., "stored": 0., "rejected": 0., "error": "", "addedPerSecond": 0., "startedPerSecond": 0., "oldestSeconds": 0., "workers": []any{}, "paused": false, "pauseReason": "", "associations": []any{}},
	}}, b.ok(t, "queue", "list"))

	table := b.run(t, "associations", "--output", "table")
	require.Equal(t, cli.StatusOK, table.status)
	require.Regexp(t, `(?m)^mail\.send +`+b.fast+`$`, table.out)
	table = b.run(t, "queue", "list", "--output", "table")
	require.Regexp(t, `(?m)^`+b.slow+` +1 +temporal +0 +0 +yes`, table.out)

	paused := b.ok(t, "queue", "pause", b.slow, "--reason", "the printer burns")
	require.Equal(t, true, paused["paused"])
	require.Equal(t, "the printer burns", paused["pauseReason"])
	table = b.run(t, "queue", "list", "--output", "table")
	require.Regexp(t, `(?m)^`+b.slow+` .*yes the printer burns`, table.out)
	require.Equal(t, false, b.ok(t, "queue", "resume", b.slow)["paused"])
	require.Equal(t, cli.StatusUsage, b.run(t, "queue", "pause", "nowhere").status)
}

func TestBenchEndsWithOneLine(t *testing.T) {
	t.Parallel()
	b := setup(t)
	r := b.run(t, "bench", "--tasks", "4", "--rounds", "2", "--concurrency", "2", "--output", "json")
	require.Equal(t, cli.StatusOK, r.status, r.err)
	require.Contains(t, r.err, "round 2 of 2: 2 tasks each")
	measured := r.object(t)
	require.InDelta(t, 4, measured["tasks"], 0)
	for _, key := range []string{"ours", "baseline", "ratio"} {
		require.Positive(t, measured[key])
	}
}
