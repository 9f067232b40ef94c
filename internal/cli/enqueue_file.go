package cli

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	taskqueue "github.com/distributed-task-queue/taskqueue"
	"github.com/distributed-task-queue/taskqueue/broker/temporal"
	"github.com/distributed-task-queue/taskqueue/internal/app"
	"github.com/distributed-task-queue/taskqueue/internal/newtask"
	"github.com/distributed-task-queue/taskqueue/task"
)

const (
	// fileBatch is how many lines of a file are enqueued before the next are read.
	fileBatch = 1000
	// maxLine leaves room above the largest task, which is told by its size.
	maxLine = 2 * temporal.MaxTaskSize
)

// lineResult says what has become of one line of a file: there is either an id or an error.
type lineResult struct {
	Line  int     `json:"line"`
	ID    task.ID `json:"id,omitempty"`
	Error string  `json:"error,omitempty"`
}

// enqueueFile enqueues a task for each line of a file, or of standard input for "-", and prints a result for each.
func (p *program) enqueueFile(ctx context.Context, a *app.App, name string) error {
	in := p.In
	if name != "-" {
		file, err := os.Open(name) //nolint:gosec // the file that the user names
		if err != nil {
			return usagef("--file: %v", err)
		}
		defer file.Close() //nolint:errcheck // it was only read
		in = file
	}
	lines := &taskLines{scanner: bufio.NewScanner(in)}
	lines.scanner.Buffer(nil, maxLine)
	refused := false
	for {
		tasks, results, err := lines.next()
		if err != nil {
			return err
		}
		if len(tasks) == 0 {
			break
		}
		for i, created := range a.Client.CreateTasks(ctx, tasks) {
			if created.Err != nil {
				results[i].Error, refused = created.Err.Error(), true
			} else {
				results[i].ID = created.Task.ID
			}
			if err := p.printLine(results[i]); err != nil {
				return err
			}
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	if refused {
		return errTold
	}
	return nil
}

// taskLines reads tasks from lines.
type taskLines struct {
	scanner *bufio.Scanner
	number  int // of the line that was read last
}

// next returns the tasks of the next lines, with the results that they will have but for their ids and errors; none at the end. Empty
// lines are left out.
func (l *taskLines) next() (tasks []taskqueue.NewTask, results []lineResult, err error) {
	for len(tasks) < fileBatch && l.scanner.Scan() {
		l.number++
		if len(bytes.TrimSpace(l.scanner.Bytes())) == 0 {
			continue
		}
		wanted, err := parseLine(l.scanner.Bytes())
		if err != nil {
			return nil, nil, usagef("--file: line %d: %v", l.number, err)
		}
		tasks, results = append(tasks, wanted.Library()), append(results, lineResult{Line: l.number})
	}
	if err := l.scanner.Err(); err != nil {
		return nil, nil, fmt.Errorf("--file: after line %d: %w", l.number, err)
	}
	return tasks, results, nil
}

func (p *program) printLine(r lineResult) error {
	return p.print(r, func(t *table) {
		if r.Error != "" {
			t.row("line", r.Line, "refused", r.Error)
			return
		}
		t.row("line", r.Line, "task", r.ID)
	})
}

// parseLine reads a task. What it would silently leave out is refused.
func parseLine(line []byte) (wanted newtask.Task, err error) {
	decoder := json.NewDecoder(bytes.NewReader(line))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&wanted); err != nil {
		return wanted, err
	}
	if decoder.More() {
		return wanted, errors.New("there is more than one JSON value")
	}
	if wanted.Action == "" {
		return wanted, errors.New(`"action" is missing; name the action to run`)
	}
	return wanted, nil
}
