package doctest

import (
	"encoding/json"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestEveryDependencyIsJustified checks that docs/dependencies.md has exactly the direct dependencies of each module.
func TestEveryDependencyIsJustified(t *testing.T) {
	t.Parallel()
	page := files(t, "dependencies.md")["docs/dependencies.md"]
	for name := range files(t, "go.mod") {
		dir := path.Dir(name)
		command := exec.CommandContext(t.Context(), "go", "mod", "edit", "-json")
		command.Dir = filepath.Join(Root(t), dir)
		out, err := command.Output()
		require.NoError(t, err)
		var module struct {
			Module  struct{ Path string }
			Require []struct {
				Path     string
				Indirect bool
			}
		}
		require.NoError(t, json.Unmarshal(out, &module))
		direct := []string{}
		for _, r := range module.Require {
			if !r.Indirect && r.Path != "github.com/distributed-task-queue/taskqueue" {
				direct = append(direct, r.Path)
			}
		}
		require.ElementsMatch(t, direct, listed(t, page, dir), "%s, section `%s` of docs/dependencies.md", name, dir)
	}
}

var row = regexp.MustCompile("(?m)^\\| `([^`]+)` \\|")

// listed returns the modules in the table under the heading of a module's folder.
func listed(t *testing.T, page, dir string) []string {
	t.Helper()
	_, section, found := strings.Cut(page, "\n## `"+dir+"`\n")
	require.True(t, found, "docs/dependencies.md has no section `%s`", dir)
	section, _, _ = strings.Cut(section, "\n## ")
	modules := []string{}
	for _, r := range row.FindAllStringSubmatch(section, -1) {
		modules = append(modules, r[1])
	}
	return modules
}
