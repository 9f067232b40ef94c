package crashtest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// standalone and taskctl are the programs under test. They are built without the race detector, whatever the tests use, so that
// tasks come fast enough to be interrupted in numbers; the workers are this binary and have it.
var standalone, taskctl string

func TestMain(m *testing.M) {
	if address := os.Getenv(runAsWorker); address != "" {
		if err := runWorker(address, os.Getenv(journalFile)); err != nil {
			fmt.Fprintln(os.Stderr, "worker:", err)
			os.Exit(1)
		}
		return
	}
	os.Exit(run(m))
}

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "crashtest-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	standalone, taskctl = filepath.Join(dir, "standalone"), filepath.Join(dir, "taskctl")
	for binary, source := range map[string]string{standalone: "../..", taskctl: "github.com/distributed-task-queue/taskqueue/cmd/taskctl"} {
		if out, err := exec.Command("go", "build", "-o", binary, source).CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "build %s: %v\n%s", source, err, out)
			return 1
		}
	}
	return m.Run()
}
