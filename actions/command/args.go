package command

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/distributed-task-queue/taskqueue/task"
)

// Name is the name of the action.
const Name = "command"

// Args are the parameters of the action.
type Args struct {
	Program string   `json:"program"`         // the program's name in the configuration; required
	Args    []string `json:"args,omitempty"`  // as far as the configuration allows them
	Stdin   string   `json:"stdin,omitempty"` // what the program reads from its standard input
}

// Action implements activities.Args.
func (Args) Action() string { return Name }

// check reports whether a task may give these arguments.
func (p *program) check(args []string) error {
	if len(args) > 0 && !p.AllowArgs && len(p.patterns) == 0 {
		return errors.New("takes no arguments from tasks")
	}
	for i, arg := range args {
		if strings.ContainsRune(arg, 0) {
			return fmt.Errorf("cannot be given argument %d: it has a zero byte", i+1)
		}
		matches := func(r *regexp.Regexp) bool { return r.MatchString(arg) }
		if !p.AllowArgs && !slices.ContainsFunc(p.patterns, matches) {
			return fmt.Errorf("cannot be given argument %d, %q: it matches none of %q", i+1, arg, p.ArgPatterns)
		}
	}
	return nil
}

func invalid(format string, args ...any) error {
	return &task.InvalidError{Field: "parameters", Reason: fmt.Sprintf(format, args...)}
}
