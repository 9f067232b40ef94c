package browsertest

import (
	"bufio"
	"cmp"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// The environment variables of these tests.
const (
	// envBrowser is "required" where a missing browser or Python must fail the tests instead of skipping them.
	envBrowser = "TEST_BROWSER"
	// envVenv names a folder that keeps the virtual environment from one run to the next.
	envVenv = "TEST_BROWSER_VENV"
)

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
	data := t.TempDir()
	ready := startStandalone(t, data)
	command := exec.CommandContext(t.Context(), python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--color=no", ".")
	command.Env = append(os.Environ(), "PYTHONDONTWRITEBYTECODE=1", "DASHBOARD_CHROMIUM="+chromium,
		"DASHBOARD_URL="+ready["api"], "DASHBOARD_IMPORTS="+filepath.Join(data, "imports"), "DASHBOARD_TEMPORAL_UI="+ready["ui"])
	out, err := command.CombinedOutput()
	require.NoError(t, err, "%s", out)
	t.Logf("%s", out)
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
	venv := cmp.Or(os.Getenv(envVenv), filepath.Join(t.TempDir(), "venv"))
	python := filepath.Join(venv, "bin", "python")
	for _, command := range [][]string{
		{"python3", "-m", "venv", venv},
		{python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", "requirements.txt"},
	} {
		out, err := exec.CommandContext(t.Context(), command[0], command[1:]...).CombinedOutput()
		if err == nil {
			continue
		}
		if os.Getenv(envBrowser) != "required" {
			t.Skipf("needs Python 3.10 or later with venv and pip: %s: %v\n%s", strings.Join(command, " "), err, out)
		}
		require.NoError(t, err, "%s\n%s", strings.Join(command, " "), out)
	}
	return python
}

// startStandalone runs the program until the test ends, and returns the addresses of its ready line.
func startStandalone(t *testing.T, data string) map[string]string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "standalone")
	out, err := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "../..").CombinedOutput()
	require.NoError(t, err, "%s", out)
	program := exec.Command(binary, "--data-dir="+data, "--temporal-port=0", "--ui-port=0", "--api-port=0", "--log-level=warn")
	program.Env = append(os.Environ(), configuration...)
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
