package command

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os/exec"
	"slices"
	"strings"
	"time"

	"github.com/distributed-task-queue/taskqueue/activities"
	"github.com/distributed-task-queue/taskqueue/task"
)

// grace is how long a program may take to end by itself after it was asked to.
const grace = 5 * time.Second

// Output is the data of the report of a program that was run.
type Output struct {
	ExitCode int `json:"exitCode"` // -1 if a signal ended the program
	// Stdout and Stderr are the ends of what the program wrote; bytes that are not UTF-8 are replaced by U+FFFD.
	Stdout          string `json:"stdout"`
	Stderr          string `json:"stderr"`
	StdoutTruncated bool   `json:"stdoutTruncated"`
	StderrTruncated bool   `json:"stderrTruncated"`
}

// Register adds the action to the registry if cfg has a program, and does nothing otherwise.
func Register(r *activities.Registry, cfg Config) error {
	if len(cfg.Programs) == 0 {
		return nil
	}
	a, err := newAction(cfg, grace)
	if err != nil {
		return err
	}
	return activities.Register(r, a.run)
}

type action struct {
	programs map[string]*program
	grace    time.Duration
}

func newAction(cfg Config, grace time.Duration) (*action, error) {
	a := &action{programs: make(map[string]*program, len(cfg.Programs)), grace: grace}
	for name, program := range cfg.Programs {
		p, err := newProgram(program)
		if err != nil {
			return nil, fmt.Errorf("actions.command.programs.%s: %w", name, err)
		}
		a.programs[name] = p
	}
	return a, nil
}

// run runs the program. What the task got wrong and the cancellation of ctx are errors; how
// the program ended is in the report.
func (a *action) run(ctx context.Context, args Args) (task.Report, error) {
	p, found := a.programs[args.Program]
	if !found {
		return task.Report{}, invalid("name the program %q, which the worker's configuration does not list in "+
			"actions.command.programs; it lists %q", args.Program, slices.Sorted(maps.Keys(a.programs)))
	}
	if err := p.check(args.Args); err != nil {
		return task.Report{}, invalid("do not fit: program %q %v", args.Program, err)
	}

	timed, cancel := context.WithTimeout(ctx, p.Timeout)
	defer cancel()
	stdout, stderr := tail{max: p.MaxOutputBytes}, tail{max: p.MaxOutputBytes}
	cmd := p.command(timed, args)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	cmd.WaitDelay = a.grace
	err := execute(cmd)

	if ctx.Err() != nil {
		return task.Report{}, fmt.Errorf("program %q was ended: %w", args.Program, context.Cause(ctx))
	}
	if cmd.ProcessState == nil {
		return task.Error("program %q could not be run: %v", args.Program, err), nil
	}
	output := Output{
		ExitCode:        cmd.ProcessState.ExitCode(),
		Stdout:          strings.ToValidUTF8(string(stdout.buf), "\uFFFD"),
		Stderr:          strings.ToValidUTF8(string(stderr.buf), "\uFFFD"),
		StdoutTruncated: stdout.dropped,
		StderrTruncated: stderr.dropped,
	}
	return verdict(args.Program, p.Timeout, timed.Err() != nil, err).WithData(output), nil
}

func verdict(name string, timeout time.Duration, late bool, err error) task.Report {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return task.Success("program %q ended with exit status 0", name)
	case late:
		return task.Error("program %q was ended as it ran for more than %s", name, timeout)
	case errors.As(err, &exit):
		return task.Error("program %q ended with %s", name, exit) // "exit status 3", "signal: killed"
	case errors.Is(err, exec.ErrWaitDelay):
		return task.Warning("program %q ended with exit status 0, but what it had started kept its output open and was killed", name)
	default:
		return task.Error("program %q failed: %v", name, err)
	}
}

func (p *program) command(ctx context.Context, args Args) *exec.Cmd {
	cmd := exec.CommandContext(ctx, p.Path, slices.Concat(p.Args, args.Args)...) //nolint:gosec // the configuration allows it
	cmd.Dir = p.Dir
	cmd.Env = p.environ
	cmd.Stdin = strings.NewReader(args.Stdin)
	ownGroup(cmd)
	cmd.Cancel = func() error { return terminateGroup(cmd) }
	return cmd
}

// execute runs the command until it and everything in its process group has ended.
func execute(cmd *exec.Cmd) error {
	if err := cmd.Start(); err != nil {
		return err
	}
	// Past the grace, Wait kills the program only; and a program that ends well may leave others behind.
	err := cmd.Wait()
	return errors.Join(err, killGroup(cmd))
}
