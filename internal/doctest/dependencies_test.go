package doctest

import (
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
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
		require.ElementsMatch(t, direct, listed(t, page, "`"+dir+"`"), "%s, section `%s` of docs/dependencies.md", name, dir)
	}
}

var row = regexp.MustCompile("(?m)^\\| `([^`]+)` \\|")

// listed returns what the table under a heading begins its rows with.
func listed(t *testing.T, page, heading string) []string {
	t.Helper()
	_, section, found := strings.Cut(page, "\n## "+heading+"\n")
	require.True(t, found, "docs/dependencies.md has no section %s", heading)
	section, _, _ = strings.Cut(section, "\n## ")
	names := []string{}
	for _, r := range row.FindAllStringSubmatch(section, -1) {
		names = append(names, r[1])
	}
	return names
}

// What the files of an image, of Compose and of workflows use that is not ours, with its version.
var (
	usedImage  = regexp.MustCompile(`(?m)^(?:FROM (?:--platform=\S+ )?|\s+image: |\s+with: \{driver-opts: image=)([\w.-]+(?:/[\w.-]+)*):([^\s}]+(?:\}\S*)?)`)
	usedAction = regexp.MustCompile(`(?m)^\s+- uses: ([^@\s]+)@(.+)$`)
)

// TestEveryImageAndActionIsJustified checks that docs/dependencies.md has exactly the images and actions that are used, and that their versions are fixed: of
// an action by its commit, because tags of Git can be moved, and of an image by the tag of a release.
func TestEveryImageAndActionIsJustified(t *testing.T) {
	t.Parallel()
	used := map[string]bool{}
	count := 0
	for _, suffix := range []string{"Dockerfile", "single.yaml", "full.yaml"} {
		for name, text := range files(t, suffix) {
			if strings.HasPrefix(name, "deployments/") {
				count += addImages(t, used, name, text)
			}
		}
	}
	workflows, err := filepath.Glob(filepath.Join(Root(t), ".github", "workflows", "*.yml"))
	require.NoError(t, err)
	for _, name := range workflows {
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		count += addImages(t, used, name, string(text))
		actions := usedAction.FindAllStringSubmatch(string(text), -1)
		require.Len(t, actions, strings.Count(string(text), "uses:"), name)
		for _, a := range actions {
			require.Regexp(t, `^[0-9a-f]{40} # v\d+\.\d+\.\d+$`, a[2], "%s: %s must be named by a commit, with its version behind it", name, a[1])
			used[a[1]] = true
		}
	}
	require.Greater(t, count, 10)
	page := files(t, "dependencies.md")["docs/dependencies.md"]
	require.ElementsMatch(t, slices.Collect(maps.Keys(used)), listed(t, page, "Images and actions"))
}

// addImages adds the images that a file uses and that are not made here.
func addImages(t *testing.T, used map[string]bool, file, text string) int {
	t.Helper()
	images := usedImage.FindAllStringSubmatch(text, -1)
	for _, i := range images {
		image, version := i[1], i[2]
		if strings.Contains(image, "distributed-task-queue/") {
			continue
		}
		if image != "gcr.io/distroless/static-debian12" { // it has no tags of versions
			require.Regexp(t, `\d+\.\d+|GO_VERSION`, version, "%s: %s must be of one release", file, image)
		}
		used[image] = true
	}
	return len(images)
}
