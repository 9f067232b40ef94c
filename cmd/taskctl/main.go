// Command taskctl enqueues tasks and looks into the task log.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/distributed-task-queue/taskqueue/internal/cli"
)

func main() { os.Exit(run()) }

func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return cli.Run(ctx, os.Args[1:], cli.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr})
}
