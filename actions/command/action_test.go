//go:build unix

package command

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/distributed-task-queue/taskqueue/activities"
	"github.com/distributed-task-queue/taskqueue/task"
)

// shell is a program that runs a script; the task's arguments are $1, $2, and so on.
func shell(script string) Program {
	return Program{Path: "/bin/sh", Args: []string{"-c", script, "sh"}, AllowArgs: true}
}

func run(ctx context.Context, t *testing.T, p Program, args Args) (task.Report, error) {
	t.Helper()
	a, err := newAction(Config{Programs: map[string]Program{"it": p}}, 2*time.Second)
	require.NoError(t, err)
	args.Program = "it"
	return a.run(ctx, args)
}

// report is for tasks that are right.
func report(t *testing.T, p Program, args Args) task.Report {
	t.Helper()
	r, err := run(t.Context(), t, p, args)
	require.NoError(t, err)
	return r
}

func TestSuccess(t *testing.T) {
	t.Parallel()
	require.Equal(t,
		task.Success(`program "it" ended with exit status 0`).WithData(Output{Stdout: "one two * $HOME\n"}),
		report(t, Program{Path: "/bin/echo", Args: []string{"one"}, AllowArgs: true}, Args{Args: []string{"two", "*", "$HOME"}}),
		"no shell touches the arguments")
}

func TestStdin(t *testing.T) {
	t.Parallel()
	require.Equal(t, "in and out", report(t, Program{Path: "/bin/cat"}, Args{Stdin: "in and out"}).Data.(Output).Stdout)
	require.False(t, report(t, Program{Path: "/bin/true"}, Args{Stdin: strings.Repeat("x", 1<<20)}).Failed(), "stdin need not be read")
}

func TestExitStatus(t *testing.T) {
	t.Parallel()
	require.Equal(t,
		task.Error(`program "it" ended with exit status 3`).WithData(Output{ExitCode: 3, Stdout: "o\n", Stderr: "\uFFFDe\n"}),
		report(t, shell(`echo o; printf '\377e\n' >&2; exit 3`), Args{}))
	require.Equal(t,
		task.Error(`program "it" ended with signal: user defined signal 1`).WithData(Output{ExitCode: -1}),
		report(t, shell(`kill -USR1 $$`), Args{}))
}

func TestOutputIsCut(t *testing.T) {
	t.Parallel()
	p := shell(`i=0; while [ $i -lt 2000 ]; do echo line $i; i=$((i+1)); done; echo short >&2`)
	p.MaxOutputBytes = 20
	require.Equal(t, Output{Stdout: "line 1998\nline 1999\n", StdoutTruncated: true, Stderr: "short\n"}, report(t, p, Args{}).Data)
}

func TestEnvironment(t *testing.T) {
	t.Setenv("TASKQUEUE_TEST_SECRET", "hush")
	t.Setenv("PATH", "/usr/bin:/bin")
	env := Program{Path: "/usr/bin/env"}
	require.Equal(t, "PATH=/usr/bin:/bin\n", report(t, env, Args{}).Data.(Output).Stdout)
	env.Env = map[string]string{"B": "2", "A": "1 =", "PATH": "/opt"}
	require.Equal(t, "A=1 =\nB=2\nPATH=/opt\n", report(t, env, Args{}).Data.(Output).Stdout)
}

func TestDir(t *testing.T) {
	t.Parallel()
	require.Equal(t, "/\n", report(t, shell("pwd -P"), Args{}).Data.(Output).Stdout)
	p := shell("pwd -P")
	p.Dir = "/usr"
	require.Equal(t, "/usr\n", report(t, p, Args{}).Data.(Output).Stdout)
}

func TestProgramThatCannotStart(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "script")
	require.NoError(t, os.WriteFile(path, []byte("#!/no/such/interpreter\n"), 0o700))
	r := report(t, Program{Path: path}, Args{})
	require.True(t, r.Failed())
	require.Contains(t, r.Message, `program "it" could not be run: fork/exec `+path)
}

func TestArguments(t *testing.T) {
	t.Parallel()
	const path = "/bin/echo"
	patterns := Program{Path: path, ArgPatterns: []string{`[a-z]+`, `--n=\d|x`}}
	for _, tc := range []struct {
		program Program
		args    []string
		want    string // "" is allowed
	}{
		{Program{Path: path}, nil, ""},
		{Program{Path: path}, []string{"a"}, `program "it" takes no arguments from tasks`},
		{Program{Path: path, AllowArgs: true}, []string{"-n", "anything"}, ""},
		{Program{Path: path, AllowArgs: true}, []string{"a", "b\x00c"}, `program "it" cannot be given argument 2: it has a zero byte`},
		{patterns, []string{"abc", "--n=1"}, ""},
		{patterns, []string{"abc", "--n=12"}, `program "it" cannot be given argument 2, "--n=12": it matches none of ["[a-z]+" "--n=\\d|x"]`},
		{patterns, []string{"abc\n"}, "argument 1"},
		{patterns, []string{"--x"}, "argument 1"},
		{patterns, []string{""}, "argument 1"},
	} {
		r, err := run(t.Context(), t, tc.program, Args{Args: tc.args})
		if tc.want == "" {
			require.NoError(t, err)
			require.False(t, r.Failed())
			continue
		}
		var invalid *task.InvalidError
		require.ErrorAs(t, err, &invalid)
		require.ErrorContains(t, err, tc.want)
	}
}

func TestUnknownProgram(t *testing.T) {
	t.Parallel()
	a, err := newAction(Config{Programs: map[string]Program{"b": {Path: "/bin/true"}, "a": {Path: "/bin/true"}}}, grace)
	require.NoError(t, err)
	_, err = a.run(t.Context(), Args{Program: "/bin/sh"})
	require.ErrorContains(t, err, `name the program "/bin/sh", which the worker's configuration does not list in actions.command.programs; it lists ["a" "b"]`)
}

func TestTimeout(t *testing.T) {
	t.Parallel()
	p := shell("echo begun; exec sleep 60")
	p.Timeout = 2 * time.Second // starting the shell takes a while on a busy machine
	r := report(t, p, Args{})
	require.Equal(t, task.Error(`program "it" was ended as it ran for more than 2s`).WithData(Output{ExitCode: -1, Stdout: "begun\n"}), r)
}

// started runs a script that writes a line into the pipe at $1 when it is ready, cancels it then, and returns that line.
func started(t *testing.T, script string) (line string, err error) {
	t.Helper()
	pipe := filepath.Join(t.TempDir(), "ready")
	require.NoError(t, syscall.Mkfifo(pipe, 0o600))
	ctx, cancel := context.WithCancelCause(t.Context())
	lines := make(chan string, 1)
	go func() {
		defer cancel(errShutdown)
		f, err := os.Open(pipe)
		if err != nil {
			t.Error(err)
			return
		}
		defer f.Close()
		line, err := bufio.NewReader(f).ReadString('\n')
		if err != nil {
			t.Error(err)
		}
		lines <- strings.TrimSpace(line)
	}()
	_, err = run(ctx, t, shell(script), Args{Args: []string{pipe}})
	return <-lines, err
}

var errShutdown = errors.New("the worker stops")

// gone reports whether the process has ended. One whose parent has died may wait as a zombie
// for whoever adopted it.
func gone(t *testing.T, pid string) bool {
	t.Helper()
	n, err := strconv.Atoi(pid)
	require.NoError(t, err)
	if errors.Is(syscall.Kill(n, 0), syscall.ESRCH) {
		return true
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", n))
	if err != nil {
		return true
	}
	_, state, _ := strings.Cut(string(stat), ") ")
	return strings.HasPrefix(state, "Z") || strings.HasPrefix(state, "X")
}

func TestCancelEndsTheWholeGroup(t *testing.T) {
	t.Parallel()
	for name, script := range map[string]string{
		"a child that waits":             `sleep 60 & echo $! >"$1"; wait`,
		"a child that ignores SIGTERM":   `(trap "" TERM; sleep 60) & echo $! >"$1"; wait`,
		"a program that ignores SIGTERM": `trap "" TERM; sleep 60 & echo $! >"$1"; wait`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			begin := time.Now()
			pid, err := started(t, script)
			require.ErrorIs(t, err, errShutdown)
			require.ErrorContains(t, err, `program "it" was ended: the worker stops`)
			require.Less(t, time.Since(begin), 30*time.Second)
			require.Eventually(t, func() bool { return gone(t, pid) }, 2*time.Minute, 5*time.Millisecond)
		})
	}
}

// A program gets the chance to clean up.
func TestCancelTerminatesBeforeItKills(t *testing.T) {
	t.Parallel()
	cleaned := filepath.Join(t.TempDir(), "cleaned")
	_, err := started(t, `trap 'echo done >"`+cleaned+`"; exit 0' TERM; echo ready >"$1"; while :; do sleep 0.01; done`)
	require.ErrorIs(t, err, errShutdown)
	require.FileExists(t, cleaned)
}

// What a program leaves behind would run on without a task that it belongs to.
func TestLeftBehind(t *testing.T) {
	t.Parallel()
	r := report(t, shell(`sleep 60 & echo $!`), Args{})
	require.Equal(t, task.TypeWarning, r.Type)
	require.Contains(t, r.Message, "kept its output open and was killed")
	pid := strings.TrimSpace(r.Data.(Output).Stdout)
	require.Eventually(t, func() bool { return gone(t, pid) }, 2*time.Minute, 5*time.Millisecond)

	r = report(t, shell(`sleep 60 >/dev/null 2>&1 </dev/null & echo $!`), Args{})
	require.Equal(t, task.TypeSuccess, r.Type)
	pid = strings.TrimSpace(r.Data.(Output).Stdout)
	require.Eventually(t, func() bool { return gone(t, pid) }, 2*time.Minute, 5*time.Millisecond)
}

func TestRegister(t *testing.T) {
	t.Parallel()
	registry := activities.NewRegistry()
	require.NoError(t, Register(registry, Config{}))
	require.Empty(t, registry.Names(), "off by default")

	require.NoError(t, Register(registry, Config{Programs: map[string]Program{"hello": {Path: "/bin/echo", Args: []string{"hello"}}}}))
	action, found := registry.Lookup("command")
	require.True(t, found)
	r, err := action.Run(t.Context(), json.RawMessage(`{"program":"hello"}`))
	require.NoError(t, err)
	encoded, err := json.Marshal(r)
	require.NoError(t, err)
	require.JSONEq(t, `{"type":"success","message":"program \"hello\" ended with exit status 0","children":[],
		"data":{"exitCode":0,"stdout":"hello\n","stderr":"","stdoutTruncated":false,"stderrTruncated":false}}`, string(encoded))
}

func TestInvalidConfig(t *testing.T) {
	t.Parallel()
	for want, p := range map[string]Program{
		`path is ""; it must be an absolute path`:       {},
		`path is "echo"; it must be an absolute path`:   {Path: "echo"},
		`path: stat /no/such: no such file`:             {Path: "/no/such"},
		`path is "/etc/passwd", which is no executable`: {Path: "/etc/passwd"},
		`path is "/bin/..", which is no executable`:     {Path: "/bin/.."},
		`dir is "tmp"; it must be an absolute path`:     {Path: "/bin/true", Dir: "tmp"},
		`dir: stat /no/such: no such file`:              {Path: "/bin/true", Dir: "/no/such"},
		`dir is "/bin/true", which is no directory`:     {Path: "/bin/true", Dir: "/bin/true"},
		`timeout is -1s; it must be more than 0`:        {Path: "/bin/true", Timeout: -time.Second},
		`maxOutputBytes is -1; valid is 1 to 65536`:     {Path: "/bin/true", MaxOutputBytes: -1},
		`allowArgs and argPatterns exclude each other`:  {Path: "/bin/true", AllowArgs: true, ArgPatterns: []string{"a"}},
		`argPatterns: error parsing regexp`:             {Path: "/bin/true", ArgPatterns: []string{"a)|(?:b"}},
		`env has the name "A=B", which is not valid`:    {Path: "/bin/true", Env: map[string]string{"A=B": ""}},
	} {
		err := Register(activities.NewRegistry(), Config{Programs: map[string]Program{"backup": p}})
		require.ErrorContains(t, err, "actions.command.programs.backup: "+want)
	}
}
