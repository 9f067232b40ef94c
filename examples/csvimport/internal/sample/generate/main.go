// Command generate writes the sample to the file that it is given.
package main

import (
	"bytes"
	"fmt"
	"os"

	"github.com/distributed-task-queue/taskqueue/examples/csvimport/internal/sample"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("got %d arguments; name the file to write", len(args))
	}
	var b bytes.Buffer
	if _, err := sample.Write(&b); err != nil {
		return err
	}
	return os.WriteFile(args[0], b.Bytes(), 0o644) //nolint:gosec // a source file
}
