package cli

import (
	"testing"

	"github.com/distributed-task-queue/taskqueue/internal/doctest"
)

func TestTheReferenceIsThatOfTheCommands(t *testing.T) {
	t.Parallel()
	doctest.RequireSection(t, "docs/cli.md", "taskctl", doctest.Commands((&program{}).command()))
}
