package python_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The documentation shows the code that these tests run.
func TestThePythonInTheDocumentationIsOurs(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*.py")
	require.NoError(t, err)
	var programs strings.Builder
	for _, f := range files {
		source, err := os.ReadFile(f)
		require.NoError(t, err)
		programs.Write(source)
	}
	page, err := os.ReadFile("../../docs/other-languages.md")
	require.NoError(t, err)
	blocks := regexp.MustCompile("(?s)```python\n(.*?)```").FindAllStringSubmatch(string(page), -1)
	require.NotEmpty(t, blocks)
	for _, block := range blocks {
		require.Contains(t, programs.String(), block[1])
	}
}
