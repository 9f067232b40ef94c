package elastic_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/tasklog"
)

// Archive runs leave the time in which they hide what they replace as fast as tasks were archived. Searches must not run after that.
func TestSearchesKeepUpWithFastArchiving(t *testing.T) {
	t.Parallel()
	c := newIndex(t)
	const n = 2_000
	var lines bytes.Buffer
	encoder := json.NewEncoder(&lines)
	now := time.Now().UTC()
	for i := range n {
		id := fmt.Sprintf("task-%05d", i)
		closed := now.Add(-time.Duration(i) * 130 * time.Second / n)
		for run, more := range map[string]map[string]any{
			"old-" + id: {"TaskStatus": "completed"}, "new-" + id: {"TaskStatus": "archived", "TaskSupersedes": "old-" + id, "CloseTime": closed},
		} {
			fields := map[string]any{
				"NamespaceId": namespaceID, "WorkflowType": "Task", "WorkflowId": id, "RunId": run, "ExecutionStatus": "Completed",
				"StartTime": closed, "CloseTime": closed, "TaskCreatedAt": closed,
			}
			for k, v := range more {
				fields[k] = v
			}
			require.NoError(t, encoder.Encode(map[string]any{"index": map[string]any{"_id": run}}))
			require.NoError(t, encoder.Encode(fields))
		}
	}
	request(t, http.MethodPost, "/"+c.Index+"/_bulk?refresh=true", lines.String())
	engine := openOwn(t, c)
	hidden := tasklog.NewFilter().Eq(tasklog.Status, task.Completed)
	for range 30 {
		left, err := engine.Count(t.Context(), hidden)
		require.NoError(t, err)
		require.Less(t, left, int64(n/5), "those that were archived more than two minutes ago, and were not deleted here")
	}
}

// An action may report nothing but a type. Other programs may write empty texts too.
func TestEmptyTextsStopNoCursor(t *testing.T) {
	t.Parallel()
	c := newIndex(t)
	const n = 12
	var lines bytes.Buffer
	encoder := json.NewEncoder(&lines)
	for i := range n {
		id := fmt.Sprintf("task-%05d", i)
		fields := map[string]any{
			"NamespaceId": namespaceID, "WorkflowType": "Task", "WorkflowId": id, "RunId": "run-" + id, "ExecutionStatus": "Completed",
			"TaskStatus": "completed", "TaskCreatedAt": time.Date(2026, 1, 1, 0, 0, 0, i*100, time.UTC),
		}
		switch i % 3 {
		case 0:
			fields["TaskReport"] = ""
		case 1:
			fields["TaskReport"] = "done"
		}
		require.NoError(t, encoder.Encode(map[string]any{"index": map[string]any{"_id": id}}))
		require.NoError(t, encoder.Encode(fields))
	}
	request(t, http.MethodPost, "/"+c.Index+"/_bulk?refresh=true", lines.String())
	engine := openOwn(t, c)
	for _, column := range []tasklog.Column{tasklog.Report, tasklog.CreatedAt} { // the times are within one millisecond
		for _, order := range []tasklog.Order{tasklog.Ascending, tasklog.Descending} {
			f := tasklog.NewFilter().SortBy(column).SortOrder(order).Limit(2)
			seen := map[task.ID]bool{}
			for range n/2 + 1 {
				page, err := engine.Search(t.Context(), f)
				require.NoError(t, err)
				for _, e := range page.Tasks {
					require.False(t, seen[e.ID], "%s %s: %s comes twice", column, order, e.ID)
					seen[e.ID] = true
				}
				if page.Next == "" {
					break
				}
				f.After(page.Next)
			}
			require.Len(t, seen, n, "%s %s", column, order)
		}
	}
}

func TestAPatternThatIsTooComplexIsRefused(t *testing.T) {
	t.Parallel()
	_, err := open(t).Count(t.Context(), tasklog.NewFilter().Like(tasklog.Label, "%a____________________"))
	var wrong *tasklog.FilterError
	require.ErrorAs(t, err, &wrong)
	require.ErrorContains(t, err, "too complex")
}
