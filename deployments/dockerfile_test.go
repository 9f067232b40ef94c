package deployments

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/stretchr/testify/require"
)

func readDockerfile(t *testing.T) ([]instructions.Stage, []instructions.ArgCommand) {
	t.Helper()
	file, err := os.Open("Dockerfile")
	require.NoError(t, err)
	defer file.Close()
	parsed, err := parser.Parse(file)
	require.NoError(t, err)
	require.Empty(t, parsed.Warnings)
	stages, arguments, err := instructions.Parse(parsed.AST, nil)
	require.NoError(t, err)
	return stages, arguments
}

// stages returns the names of the Dockerfile's stages.
func stages(t *testing.T) []string {
	t.Helper()
	read, _ := readDockerfile(t)
	names := make([]string, len(read))
	for i, s := range read {
		names[i] = s.Name
	}
	return names
}

func TestImagesHaveOneProgramAndNoRoot(t *testing.T) {
	t.Parallel()
	read, arguments := readDockerfile(t)
	named := map[string]instructions.Stage{}
	for _, s := range read {
		named[s.Name] = s
	}
	require.Contains(t, named["base"].BaseName, "distroless")
	require.True(t, slices.ContainsFunc(named["base"].Commands, func(c instructions.Command) bool {
		user, ok := c.(*instructions.UserCommand)
		return ok && user.User == "65532:65532" // Kubernetes checks runAsNonRoot by the number
	}))
	for _, program := range []string{"api", "worker", "taskctl"} {
		s := named[program]
		require.Equal(t, "base", s.BaseName)
		var entrypoint []string
		for _, c := range s.Commands {
			switch c := c.(type) {
			case *instructions.EntrypointCommand:
				entrypoint = c.CmdLine
			case *instructions.RunCommand, *instructions.UserCommand:
				require.Fail(t, "there is no shell, and the user is the base's", "%s: %s", program, c)
			}
		}
		require.Equal(t, []string{"/usr/local/bin/" + program}, entrypoint)
	}

	module, err := os.ReadFile("../go.mod")
	require.NoError(t, err)
	version := regexp.MustCompile(`(?m)^go (\S+)$`).FindSubmatch(module)
	require.Equal(t, string(version[1]), *arguments[0].Args[0].Value, "GO_VERSION and go.mod")
}

// buildCommand returns the shell command that compiles the programs in the image.
func buildCommand(t *testing.T) string {
	t.Helper()
	read, _ := readDockerfile(t)
	for _, c := range read[0].Commands {
		if run, ok := c.(*instructions.RunCommand); ok && strings.Contains(run.CmdLine[0], "go build ") {
			return run.CmdLine[0]
		}
	}
	require.Fail(t, "the Dockerfile compiles nothing")
	return ""
}

// By default the packages are only loaded, as the build in the image would load them: that build compiles everything anew for some minutes.
func TestTheImagesBuildCommandWorks(t *testing.T) {
	t.Parallel()
	out := t.TempDir() + string(filepath.Separator)
	command := buildCommand(t)
	require.Contains(t, command, " -o /out/ ")
	if os.Getenv("TEST_THOROUGH") == "" {
		command = strings.NewReplacer("go build ", "go list -deps ", "-o /out/ ", "").Replace(command)
	}
	shell := exec.CommandContext(t.Context(), "sh", "-c", strings.ReplaceAll(command, "/out/", out))
	shell.Dir = ".."
	shell.Env = append(os.Environ(), "TARGETOS=linux", "TARGETARCH="+runtime.GOARCH)
	output, err := shell.CombinedOutput()
	require.NoError(t, err, string(output))
	if os.Getenv("TEST_THOROUGH") != "" {
		for _, program := range []string{"api", "worker", "taskctl"} {
			require.FileExists(t, out+program)
		}
		return
	}
	packages := strings.Split(string(output), "\n")
	for _, program := range []string{"api", "worker", "taskctl"} {
		require.Contains(t, packages, "github.com/distributed-task-queue/taskqueue/cmd/"+program)
	}
	require.NotContains(t, packages, "runtime/cgo", "the image has no C library")
}

func TestTheBakeFileMakesEveryImage(t *testing.T) {
	t.Parallel()
	content, err := os.ReadFile("docker-bake.json")
	require.NoError(t, err)
	var bake struct {
		Group  map[string]struct{ Targets []string }
		Target map[string]struct {
			Inherits, Tags, Attest      []string
			Target, Dockerfile, Context string
		}
	}
	require.NoError(t, json.Unmarshal(content, &bake))
	require.ElementsMatch(t, []string{"api", "worker", "taskctl"}, bake.Group["default"].Targets)
	common := bake.Target["common"]
	require.FileExists(t, filepath.Join("..", common.Dockerfile))
	require.Contains(t, common.Attest, "type=sbom")
	for _, name := range bake.Group["default"].Targets {
		target := bake.Target[name]
		require.Contains(t, stages(t), target.Target)
		require.Equal(t, []string{"common"}, target.Inherits)
		require.Equal(t, []string{"${REGISTRY}/taskqueue-" + name + ":${VERSION}"}, target.Tags)
	}
}

func TestImagesHoldNoSecrets(t *testing.T) {
	t.Parallel()
	ignored, err := os.ReadFile("../.dockerignore")
	require.NoError(t, err)
	for _, line := range []string{".git", "**/.env", "**/keys.yaml"} {
		require.Contains(t, strings.Split(string(ignored), "\n"), line)
	}
}
