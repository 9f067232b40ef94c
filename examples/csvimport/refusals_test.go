package csvimport

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/distributed-task-queue/taskqueue/task"
)

func TestFileName(t *testing.T) {
	t.Parallel()
	require.Equal(t, "csv-import-nightly_1-refused.csv", fileName("nightly_1"))
	outside, again := fileName(""), fileName("")
	require.NotEqual(t, outside, again)
	names := make(map[string]bool)
	for _, id := range []task.ID{"../../x", "..\\x", "a/b", "é", task.ID(strings.Repeat("é", task.MaxTextLength)), "a:b", "a b"} {
		name := fileName(id)
		require.Regexp(t, `^csv-import-[0-9a-f]{64}-refused\.csv$`, name)
		require.Equal(t, name, fileName(id))
		names[name] = true
	}
	require.Len(t, names, 7)
}
