package elastic

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/distributed-task-queue/taskqueue/tasklog"
)

// The fields of a document are named twice: in the table of columns, and in the type.
func TestDocumentsHaveEveryColumn(t *testing.T) {
	t.Parallel()
	for _, c := range tasklog.Columns() {
		value := map[tasklog.Kind]string{
			tasklog.KindText: `"x"`, tasklog.KindBool: "true", tasklog.KindTime: `"2026-01-02T03:04:05.678Z"`,
		}[c.Kind()]
		want := map[tasklog.Kind]any{
			tasklog.KindText: "x", tasklog.KindBool: true, tasklog.KindTime: time.Date(2026, 1, 2, 3, 4, 5, 678_000_000, time.UTC),
		}[c.Kind()]
		var d document
		require.NoError(t, json.Unmarshal(fmt.Appendf(nil, "{%q: %s}", c.Attribute(), value), &d))
		require.Equal(t, want, d.value(c), "%s", c)
		require.Equal(t, c.Missing(), new(document).value(c), "%s", c)
	}
}
