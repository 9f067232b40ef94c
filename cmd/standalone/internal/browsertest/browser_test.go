package browsertest

import (
	"bufio"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/distributed-task-queue/taskqueue/api/auth"
	"github.com/distributed-task-queue/taskqueue/internal/pythontest"
)

// envBrowser is the environment variable that is "required" where a missing browser or Python must fail the tests instead of skipping them.
const envBrowser = "TEST_BROWSER"

// configuration gives the standalone two queues, and an action that takes its time.
var configuration = []string{
	"TASKQUEUE_QUEUES=[{name: default, weight: 1}, {name: imports, weight: 3}]",
	"TASKQUEUE_ASSOCIATIONS={csv.import: imports}",
	"TASKQUEUE_ACTIONS_COMMAND_PROGRAMS={wait: {path: /bin/sleep, argPatterns: ['[0-9]+']}}",
}

func TestDashboard(t *testing.T) {
	t.Parallel()
	chromium := findChromium(t)
	python := install(t)
	binary := filepath.Join(t.TempDir(), "standalone")
	out, err := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "../..").CombinedOutput()
	require.NoError(t, err, "%s", out)

	// use runs tests in Python against a standalone with this environment.
	use := func(t *testing.T, environment []string, files ...string) {
		t.Helper()
		data := t.TempDir()
		ready := startStandalone(t, binary, data, environment)
		command := exec.CommandContext(t.Context(), python, append([]string{"-m", "pytest", "-q", "-p", "no:cacheprovider", "--color=no"}, files...)...)
		command.Env = slices.Concat(os.Environ(), environment, []string{
			"PYTHONDONTWRITEBYTECODE=1", "DASHBOARD_CHROMIUM=" + chromium,
			"DASHBOARD_URL=" + ready["api"], "DASHBOARD_IMPORTS=" + filepath.Join(data, "imports"), "DASHBOARD_TEMPORAL_UI=" + ready["ui"],
		})
		out, err := command.CombinedOutput()
		require.NoError(t, err, "%s", out)
		t.Logf("%s", out)
	}
	t.Run("for everybody", func(t *testing.T) {
		use(t, nil, "test_dashboard.py", "test_bulk.py", "test_conditions.py", "test_parameters.py", "test_trouble.py", "test_accessibility.py")
	})
	t.Run("for those with keys", func(t *testing.T) { use(t, makeKeys(t), "test_roles.py") })
}

// makeKeys makes a file of API keys, and returns the environment that names it, and in DASHBOARD_KEYS the keys by their subjects.
func makeKeys(t *testing.T) []string {
	t.Helper()
	file := auth.KeyFile{Path: filepath.Join(t.TempDir(), "keys.yaml")}
	keys := map[string]string{}
	for subject, role := range map[string]auth.Role{"ana": auth.Owner, "ben": auth.Owner, "olga": auth.Operator, "adam": auth.Admin} {
		text, key, err := auth.NewKey(subject, role, time.Now(), nil)
		require.NoError(t, err)
		require.NoError(t, file.Add(t.Context(), key))
		keys[subject] = text
	}
	encoded, err := json.Marshal(keys)
	require.NoError(t, err)
	return []string{"TASKQUEUE_API_AUTH_KEYS_FILE=" + file.Path, "DASHBOARD_KEYS=" + string(encoded)}
}

func findChromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	require.NotEqual(t, "required", os.Getenv(envBrowser), "there is no Chromium")
	t.Skip("needs Chromium")
	return ""
}

// install returns the Python of a virtual environment in which requirements.txt is installed.
func install(t *testing.T) string {
	t.Helper()
	return filepath.Join(pythontest.Install(t, envBrowser, "requirements.txt"), "python")
}

// startStandalone runs the program until the test ends, and returns the addresses of its ready line.
func startStandalone(t *testing.T, binary, data string, environment []string) map[string]string {
	t.Helper()
	program := exec.Command(binary, "--data-dir="+data, "--temporal-port=0", "--ui-port=0", "--api-port=0", "--log-level=error")
	program.Env = slices.Concat(os.Environ(), configuration, environment)
	program.Stderr = t.Output()
	stdout, err := program.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, program.Start())
	t.Cleanup(func() {
		require.NoError(t, program.Process.Signal(syscall.SIGTERM))
		kill := time.AfterFunc(time.Minute, func() { _ = program.Process.Kill() })
		defer kill.Stop()
		require.NoError(t, program.Wait())
	})
	line, err := bufio.NewReader(stdout).ReadString('\n')
	require.NoError(t, err)
	ready := map[string]string{}
	for _, pair := range regexp.MustCompile(`(\w+)=(\S+)`).FindAllStringSubmatch(line, -1) {
		ready[pair[1]] = pair[2]
	}
	return ready
}
