package elastictest

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"
)

// stopTimeout is how long a process may take to end, where every core is busy.
const stopTimeout = startTimeout

// process is one that ends when its standard input does, so that it never outlives the tests.
type process struct {
	command *exec.Cmd
	input   io.WriteCloser
	output  io.ReadCloser // nil if it goes to the log
	log     string
	ended   chan struct{} // closed when it has ended, with err
	err     error
}

// startProcess runs the command, whose errors are appended to the log file, and its output too unless readOutput is set.
func startProcess(command *exec.Cmd, log string, readOutput bool) (*process, error) {
	file, err := os.OpenFile(log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	defer file.Close() //nolint:errcheck // the process has its own descriptor
	p := &process{command: command, log: log, ended: make(chan struct{})}
	command.Stderr = file
	if p.input, err = command.StdinPipe(); err != nil {
		return nil, err
	}
	if !readOutput {
		command.Stdout = file
	} else if p.output, err = command.StdoutPipe(); err != nil {
		return nil, err
	}
	if err := command.Start(); err != nil {
		return nil, err
	}
	go func() {
		defer close(p.ended)
		// Not Wait, which would close the output before it has been read.
		state, err := command.Process.Wait()
		if err == nil && !state.Success() {
			err = errors.New(state.String())
		}
		p.err = err
	}()
	return p, nil
}

// stop ends the input and waits for the process.
func (p *process) stop() error {
	closeErr := p.input.Close()
	select {
	case <-p.ended:
		return errors.Join(closeErr, p.failure())
	case <-time.After(stopTimeout):
		killErr := p.command.Process.Kill()
		<-p.ended
		return errors.Join(fmt.Errorf("%s did not end within %s", p.command.Path, stopTimeout), killErr)
	}
}

// failure is why the process ended, with the end of its log; nil if it ended well.
func (p *process) failure() error {
	if p.err == nil {
		return nil
	}
	return fmt.Errorf("%w; the end of its log:\n%s", p.err, tail(p.log))
}

// tail returns the last lines of a file, or why it cannot be read.
func tail(file string) string {
	const most = 30
	content, err := os.ReadFile(file)
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimRight(string(content), "\n"), "\n")
	return strings.Join(lines[max(0, len(lines)-most):], "\n")
}
