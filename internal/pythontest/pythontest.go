// Package pythontest installs Python programs for tests.
package pythontest

import (
	"cmp"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Install makes a virtual environment with what pip installs from the requirements file, and returns the folder of its programs.
//
// The environment variable name decides what happens without Python 3.10 or later, venv and pip: if it is "required" the test fails, else
// it is skipped. The variable name_VENV may name a folder that keeps the virtual environment from one run to the next.
func Install(t testing.TB, name, requirements string) string {
	t.Helper()
	venv := cmp.Or(os.Getenv(name+"_VENV"), filepath.Join(t.TempDir(), "venv"))
	bin := filepath.Join(venv, "bin")
	for _, command := range [][]string{
		{"python3", "-m", "venv", venv},
		{filepath.Join(bin, "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", requirements},
	} {
		out, err := exec.CommandContext(t.Context(), command[0], command[1:]...).CombinedOutput()
		if err == nil {
			continue
		}
		if os.Getenv(name) != "required" {
			t.Skipf("needs Python 3.10 or later with venv and pip: %s: %v\n%s", strings.Join(command, " "), err, out)
		}
		require.NoError(t, err, "%s\n%s", strings.Join(command, " "), out)
	}
	return bin
}
