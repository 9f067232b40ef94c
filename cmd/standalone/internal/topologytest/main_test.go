//go:build linux

package topologytest

import (
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"
)

// sources are the programs of the topology: ours, and Temporal's own in the version that the standalone embeds.
var sources = []string{
	"github.com/distributed-task-queue/taskqueue/cmd/api",
	"github.com/distributed-task-queue/taskqueue/cmd/worker",
	"github.com/distributed-task-queue/taskqueue/cmd/taskctl",
	"go.temporal.io/server/cmd/server",
	"go.temporal.io/server/cmd/tools/sql",
	"go.temporal.io/server/cmd/tools/tdbg",
}

// programs is the folder that they are built into. They are built without the race detector, whatever the tests use, so that there is
// load enough to break.
var programs string

func program(name string) string { return filepath.Join(programs, name) }

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "topologytest-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	programs = dir
	for _, source := range sources {
		if out, err := exec.Command("go", "build", "-o", program(path.Base(source)), source).CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "build %s: %v\n%s", source, err, out)
			return 1
		}
	}
	status := m.Run()
	visitor.CloseIdleConnections()
	if err := goleak.Find(); status == 0 && err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return status
}
