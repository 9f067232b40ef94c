package elastic_test

import (
	"context"
	"fmt"
	"strconv"
	"sync"
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
	var runs documents
	now := time.Now().UTC()
	const span = 130 * time.Second // of which those of the last two minutes hide what they replace
	for i := range n {
		id := fmt.Sprintf("task-%05d", i)
		closed := now.Add(-time.Duration(i) * span / n)
		runs.add(t, "old-"+id, map[string]any{"WorkflowId": id, "TaskCreatedAt": closed, "CloseTime": closed})
		runs.add(t, "new-"+id, map[string]any{
			"WorkflowId": id, "TaskCreatedAt": closed, "CloseTime": closed, "TaskStatus": "archived", "TaskSupersedes": "old-" + id,
		})
	}
	runs.write(t, c)
	engine := openOwn(t, c)
	hidden := tasklog.NewFilter().Eq(tasklog.Status, task.Completed)
	for range 30 {
		left, err := engine.Count(t.Context(), hidden)
		require.NoError(t, err)
		past := time.Since(now) + span - tasklog.SupersededFor + time.Second
		require.LessOrEqual(t, left, int64(n*past/span), "those that were archived more than two minutes ago, and were not deleted here")
	}
}

// Where no worker closes them, there may be more open archive runs than a query takes terms. Of what they replace hardly anything is
// left in the index.
func TestListsAfterMoreTasksWereArchivedThanAQueryCanName(t *testing.T) {
	t.Parallel()
	c := newIndex(t)
	const n, left = 66_000, 1_500
	var runs documents
	for i := range n {
		id := fmt.Sprintf("task-%05d", i)
		runs.add(t, "new-"+id, map[string]any{
			"WorkflowId": id, "ExecutionStatus": "Running", "TaskStatus": "archived", "TaskSupersedes": "old-" + id, "TaskOwner": strconv.Itoa(i % 100),
		})
		if i < left {
			runs.add(t, "old-"+id, map[string]any{"WorkflowId": id, "TaskOwner": strconv.Itoa(i % 100)})
		}
	}
	runs.write(t, c)
	engine := openOwn(t, c)
	completed, err := engine.Count(t.Context(), tasklog.NewFilter().Eq(tasklog.Status, task.Completed))
	require.NoError(t, err)
	require.Zero(t, completed)
	page, err := engine.Search(t.Context(), tasklog.NewFilter().Eq(tasklog.Owner, "7").SortBy(tasklog.ID).Limit(15).WithTotal())
	require.NoError(t, err)
	require.EqualValues(t, n/100, page.Total)
	require.Len(t, page.Tasks, 15)
	for i, e := range page.Tasks {
		require.Equal(t, task.ID(fmt.Sprintf("task-%05d", 100*i+7)), e.ID)
	}
}

// The state that searches share is replaced several times meanwhile, and closed when the last of its searches is done.
func TestSearchesGoOnWhileTheirStateIsReplaced(t *testing.T) {
	t.Parallel()
	c := newIndex(t)
	fill(t, c, 10)
	engine := openOwn(t, c)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	end := time.Now().Add(3 * time.Second)
	var searching sync.WaitGroup
	for range 8 {
		searching.Go(func() {
			for time.Now().Before(end) {
				if n, err := engine.Count(ctx, tasklog.NewFilter()); err != nil || n != 10 {
					t.Errorf("%d tasks, %v", n, err)
					return
				}
			}
		})
	}
	searching.Wait()
}

// An action may report nothing but a type. Other programs may write empty texts too, or no time.
func TestWhatIsEmptyStopsNoCursor(t *testing.T) {
	t.Parallel()
	c := newIndex(t)
	const n = 12
	var tasks documents
	for i := range n {
		id := fmt.Sprintf("task-%05d", i)
		fields := map[string]any{"WorkflowId": id, "TaskCreatedAt": time.Date(2026, 1, 1, 0, 0, 0, i*100, time.UTC)}
		switch i % 3 {
		case 0:
			fields["TaskReport"] = ""
		case 1:
			fields["TaskReport"] = "done"
		}
		tasks.add(t, "run-"+id, fields)
	}
	tasks.write(t, c)
	engine := openOwn(t, c)
	// The times of creation are within one millisecond, and the others are not set.
	for _, column := range []tasklog.Column{tasklog.Report, tasklog.CreatedAt, tasklog.UpdatedAt} {
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
