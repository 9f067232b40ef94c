package main

import (
	"testing"

	"github.com/distributed-task-queue/taskqueue/internal/doctest"
)

func TestTheReferenceIsThatOfTheCommand(t *testing.T) {
	t.Parallel()
	doctest.RequireSection(t, "docs/cli.md", "api", doctest.Commands(newCommand()))
}
