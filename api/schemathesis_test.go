package api_test

import (
	"cmp"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/distributed-task-queue/taskqueue/internal/pythontest"
)

// The environment variables of this test.
const (
	// envSchemathesis is "required" where this test is to be run.
	envSchemathesis = "TEST_SCHEMATHESIS"
	// envSchemathesisCases is how many cases at most each phase makes up for an operation.
	envSchemathesisCases = "TEST_SCHEMATHESIS_CASES"
)

// Whatever schemathesis makes up from the documents, right or wrong, is answered as they say, and never with 5xx.
//
// It archives and cancels everything, so the other tests, which share its server, wait until it is done.
func TestSchemathesisFindsNothing(t *testing.T) {
	schemathesis := installSchemathesis(t)
	b := setup(t)
	b.work()
	// Something to be found.
	require.NoError(t, b.files.WriteAll(t.Context(), "out.csv", []byte("a,b\n"), nil))
	b.awaitClosed(b.create(map[string]any{"action": "echo", "id": "done", "parameters": echo{File: "out.csv"}}).ID)
	b.create(map[string]any{"action": "declared", "delay": "1h"})
	for document, config := range map[string]string{"openapi.yaml": "schemathesis.toml", "openapi-tao.yaml": "schemathesis-tao.toml"} {
		t.Run(document, func(t *testing.T) {
			config, err := filepath.Abs(filepath.Join("testdata", config))
			require.NoError(t, err)
			command := exec.CommandContext(t.Context(), schemathesis, "--config-file", config, "run", b.url+"/"+document,
				"--seed", "1", "--max-examples", cmp.Or(os.Getenv(envSchemathesisCases), "5"), "--continue-on-failure", "--generation-database", "none",
				"--request-timeout", "60", "--suppress-health-check", "all", "--no-color", "--warnings", "off",
			)
			command.Dir = t.TempDir() // it keeps notes where it is run
			out, err := command.CombinedOutput()
			t.Logf("%s", out)
			require.NoError(t, err)
			require.Regexp(t, `[1-9][0-9]{2,} generated`, string(out), "it has tried much")
		})
	}
	require.Equal(t, http.StatusOK, b.do(http.MethodGet, "/readyz", nil).StatusCode)
}

// installSchemathesis returns the program, in a virtual environment of its own.
func installSchemathesis(t *testing.T) string {
	t.Helper()
	if os.Getenv(envSchemathesis) != "required" {
		t.Skipf("takes minutes, and Python 3.10 or later; set %s=required to run it", envSchemathesis)
	}
	return filepath.Join(pythontest.Install(t, envSchemathesis, "testdata/schemathesis.txt"), "schemathesis")
}
