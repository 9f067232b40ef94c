package crashtest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// standalone is the program under test. It is built without the race detector, whatever the tests use, so that tasks
// come fast enough to be interrupted in numbers; the workers are this binary and have it.
var standalone string

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
	standalone = filepath.Join(dir, "standalone")
	if out, err := exec.Command("go", "build", "-o", standalone, "../..").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build the standalone: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}
