package visibility

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/tasklog"
)

// Where alice and ALICE are equal to the store, a query must find both, and neither of them may be left out by it.
func TestQueriesForAStoreThatFoldsTexts(t *testing.T) {
	t.Parallel()
	const listed = "WorkflowType = 'Task' AND ExecutionStatus != 'ContinuedAsNew'"
	filter := tasklog.NewFilter
	for _, tt := range []struct {
		filter         *tasklog.Filter
		exact, folded  string // beside listed
		foldedIsExact  bool
		withoutFolding bool // whether the query is exact then
	}{
		{filter(), "", "", true, true},
		{filter().Eq(tasklog.Owner, "alice"), " AND TaskOwner = 'alice'", " AND TaskOwner = 'alice'", false, true},
		{filter().In(tasklog.ID, []string{"a", "b"}), " AND WorkflowId IN ('a', 'b')", " AND WorkflowId IN ('a', 'b')", false, true},
		{filter().Neq(tasklog.Queue, "q"), " AND TaskQueue NOT IN ('q')", "", false, true},
		{filter().NotIn(tasklog.Owner, []string{"alice"}), " AND (TaskOwner NOT IN ('alice') AND TaskOwner IS NOT NULL AND TaskOwner != '')", "", false, true},
		{filter().Eq(tasklog.MasterStatus, true), " AND TaskMaster = true", " AND TaskMaster = true", true, true},
		{filter().Like(tasklog.Owner, "a%"), "", "", false, false},
	} {
		q := compile(tt.filter, false)
		require.Equal(t, listed+tt.exact, q.String())
		require.Equal(t, tt.withoutFolding, q.exact, q)
		q = compile(tt.filter, true)
		require.Equal(t, listed+tt.folded, q.String())
		require.Equal(t, tt.foldedIsExact, q.exact, q)
	}
	require.True(t, compile(filter().Eq(tasklog.Status, task.Failed), true).exact, "statuses have one spelling")
	require.True(t, compile(filter().Gte(tasklog.CreatedAt, "2026-01-31"), true).exact)
}
