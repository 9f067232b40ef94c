package tasklog_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/tasklog"
)

func TestFilterColumns(t *testing.T) {
	t.Parallel()
	require.Equal(t, []tasklog.Column{
		"id", "parent_id", "task_name", "status", "master_status", "report",
		"parameters", "label", "owner", "created_at", "updated_at",
		"category", "queue",
	}, tasklog.NewFilter().Columns())
}

func TestFilterDeselect(t *testing.T) {
	t.Parallel()
	f := tasklog.NewFilter()
	for _, base := range []tasklog.Column{"id", "parent_id", "task_name", "status", "master_status", "report", "nonsense"} {
		require.ErrorContains(t, f.Deselect(base), "is not valid column or not unselectable")
	}
	require.NoError(t, f.Deselect(tasklog.Owner))
	require.NotContains(t, f.Columns(), tasklog.Owner)
	require.Len(t, f.Columns(), len(tasklog.Columns())-1)
}

func TestFilterPage(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ limit, offset, wantLimit, wantOffset int }{
		{-10, -20, 0, 0},
		{5, 55, 5, 55},
		{0, 0, 0, 0},
	} {
		limit, limited, offset := tasklog.NewFilter().Limit(tt.limit).Offset(tt.offset).Page()
		require.True(t, limited)
		require.Equal(t, tt.wantLimit, limit)
		require.Equal(t, tt.wantOffset, offset)
	}
	_, limited, offset := tasklog.NewFilter().Page()
	require.False(t, limited)
	require.Zero(t, offset)
}

func TestFilterSort(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		f      *tasklog.Filter
		column tasklog.Column
		order  tasklog.Order
	}{
		{"default", tasklog.NewFilter(), tasklog.CreatedAt, tasklog.Descending},
		{"order alone", tasklog.NewFilter().SortOrder(tasklog.Ascending), tasklog.CreatedAt, tasklog.Descending},
		{"column alone", tasklog.NewFilter().SortBy(tasklog.Label), tasklog.Label, tasklog.Ascending},
		{"both", tasklog.NewFilter().SortBy(tasklog.Owner).SortOrder("desc"), tasklog.Owner, tasklog.Descending},
	} {
		column, order := tt.f.Sort()
		require.NoError(t, tt.f.Err(), tt.name)
		require.Equal(t, tt.column, column, tt.name)
		require.Equal(t, tt.order, order, tt.name)
	}
}

func TestFilterRefuses(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		column tasklog.Column
		op     tasklog.Operator
		value  any
		want   string
	}{
		{"labels", "eq", "x", `filter: "labels" is not a column; columns are [id parent_id`},
		{"id; DROP TABLE x", "eq", "x", "is not a column"},
		{"label", "~", "x", `"~", which is not a valid operator; valid are [eq neq`},
		{"label", "like ", "x", "not a valid operator"},
		{"label", "eq", 5, "needs text, not 5"},
		{"label", "eq", nil, "needs text, not null"},
		{"label", "eq", json.Number("5"), "needs text, not the number 5"},
		{"label", "eq", "a\x00b", "NUL"},
		{"label", "eq", "\xff", "not valid UTF-8"},
		{"label", "in", "x", "needs a list of values for in, not string"},
		{"label", "in", nil, "needs a list"},
		{"label", "in", []any{"x", 1}, "needs text, not 1"},
		{"label", "eq", []string{"x"}, `needs text, not ["x"]`},
		{"label", "notIn", make([]string, 10_001), "at most 10000"},
		{"label", "like", string(make([]rune, 1001)), "NUL"},
		{"status", "eq", "created", `"created", which is no status; valid are [enqueued`},
		{"status", "in", []string{"failed", "unknown"}, `"unknown", which is no status`},
		{"master_status", "eq", "yes", `needs true or false, not "yes"`},
		{"master_status", "eq", 2, "needs true or false, not 2"},
		{"master_status", "like", "1", "cannot be compared with like; it takes eq, neq, lt, lte, gt, gte, in, notIn"},
		{"created_at", "like", "2026%", `cannot be compared with like; it takes eq, neq, lt, lte, gt, gte, in, notIn; January is gte "2026-01-01" and lt "2026-02-01"`},
		{"created_at", "eq", "yesterday", "needs a time such as"},
		{"created_at", "eq", true, "needs a time such as"},
		{"created_at", "eq", 1e300, "needs a time such as"},
		{"created_at", "eq", time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC), "years 1 to 9999"},
	} {
		f := tasklog.NewFilter()
		err := f.Add(tt.column, tt.op, tt.value)
		require.ErrorContains(t, err, tt.want)
		var filterError *tasklog.FilterError
		require.ErrorAs(t, err, &filterError)
		require.Empty(t, f.Conditions())
	}
}

func TestFilterKeepsFirstError(t *testing.T) {
	t.Parallel()
	f := tasklog.NewFilter().Eq("first", 1).Eq("second", 2).Eq(tasklog.Label, "fine")
	require.ErrorContains(t, f.Err(), `"first"`)
	require.ErrorContains(t, tasklog.NewFilter().SortBy("x").Err(), "is not a column")
	require.ErrorContains(t, tasklog.NewFilter().SortOrder("up").Err(), "valid are asc and desc")
}

func TestFilterSpellings(t *testing.T) {
	t.Parallel()
	for _, spelled := range []tasklog.Operator{"=", "!=", "<", "<=", ">", ">=", "LIKE", "NOT LIKE", "IN", "NOT IN"} {
		op, err := tasklog.ParseOperator(string(spelled))
		require.NoError(t, err)
		require.Equal(t, string(spelled), op.SQL())
	}
	f := tasklog.NewFilter()
	require.NoError(t, f.Add("taskName", "NOT IN", []string{"a"}))
	require.Equal(t, []tasklog.Condition{{Column: tasklog.TaskName, Operator: tasklog.NotIn, Values: []any{"a"}}}, f.Conditions())
}

func TestFilterEqKeepsColumnAndValue(t *testing.T) {
	t.Parallel()
	f := tasklog.NewFilter().Eq(tasklog.Label, "x").Neq(tasklog.ID, task.ID("y"))
	require.Equal(t, []tasklog.Condition{
		{Column: tasklog.Label, Operator: tasklog.Eq, Values: []any{"x"}},
		{Column: tasklog.ID, Operator: tasklog.Neq, Values: []any{"y"}},
	}, f.Conditions())
}

// An order of false and true is a set of them.
func TestFilterOrderOfBools(t *testing.T) {
	t.Parallel()
	no, yes, both, neither := []any{false}, []any{true}, []any{false, true}, []any{}
	for op, want := range map[tasklog.Operator][2][]any{
		tasklog.Lt: {neither, no}, tasklog.Lte: {no, both}, tasklog.Gt: {yes, neither}, tasklog.Gte: {both, yes},
	} {
		for i, value := range []bool{false, true} {
			f := tasklog.NewFilter()
			require.NoError(t, f.Add(tasklog.MasterStatus, op, value))
			require.Equal(t, []tasklog.Condition{{Column: tasklog.MasterStatus, Operator: tasklog.In, Values: want[i]}}, f.Conditions())
		}
	}
}

func TestFilterValues(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 31, 15, 4, 5, 0, time.UTC)
	for _, tt := range []struct {
		column tasklog.Column
		value  any
		want   any
	}{
		{tasklog.MasterStatus, true, true},
		{tasklog.MasterStatus, "false", false},
		{tasklog.MasterStatus, 1, true},
		{tasklog.MasterStatus, 0.0, false},
		{tasklog.MasterStatus, json.Number("1"), true},
		{tasklog.CreatedAt, at.Add(1234567), at.Add(time.Millisecond)},
		{tasklog.CreatedAt, "2026-01-31T16:04:05+01:00", at},
		{tasklog.CreatedAt, "2026-01-31 15:04:05", at},
		{tasklog.UpdatedAt, "2026-01-31", at.Truncate(24 * time.Hour)},
		{tasklog.CreatedAt, at.Unix(), at},
		{tasklog.CreatedAt, float64(at.Unix()) + 0.5, at.Add(500 * time.Millisecond)},
		{tasklog.Status, task.Failed, "failed"},
		{tasklog.Category, task.CategoryCopy, "copy"},
	} {
		f := tasklog.NewFilter().Eq(tt.column, tt.value)
		require.NoError(t, f.Err())
		require.Equal(t, tt.want, f.Conditions()[0].Value())
	}
}

func TestPresets(t *testing.T) {
	t.Parallel()
	columnsOf := func(f *tasklog.Filter) []tasklog.Column {
		require.NoError(t, f.Err())
		var columns []tasklog.Column
		for _, c := range f.Conditions() {
			columns = append(columns, c.Column)
		}
		return columns
	}
	require.Len(t, columnsOf(tasklog.NewFilter().AddAvailableFilters("alice", false, false)), 3)
	require.Len(t, columnsOf(tasklog.NewFilter().AddAvailableFilters(tasklog.SuperUser, false, false)), 2)
	require.Len(t, columnsOf(tasklog.NewFilter().WithIgnoredTasks("x").AddAvailableFilters("alice", false, false)), 4)

	onlyArchived := tasklog.NewFilter().AddAvailableFilters(tasklog.SuperUser, false, true)
	require.Equal(t, []tasklog.Condition{{Column: tasklog.Status, Operator: tasklog.Neq, Values: []any{"archived"}}}, onlyArchived.Conditions())
	onlyCancelled := tasklog.NewFilter().AddAvailableFilters(tasklog.SuperUser, true, false)
	require.Equal(t, []tasklog.Condition{{Column: tasklog.Status, Operator: tasklog.Neq, Values: []any{"cancelled"}}}, onlyCancelled.Conditions())

	require.Equal(t, []tasklog.Column{tasklog.Status, tasklog.Owner}, columnsOf(tasklog.NewFilter().AvailableForArchived("alice")))
	require.Equal(t, []tasklog.Column{tasklog.Status}, columnsOf(tasklog.NewFilter().AvailableForCancelled(tasklog.SuperUser)))
}

func TestFilterStatuses(t *testing.T) {
	t.Parallel()
	require.Equal(t, append(task.Statuses(), task.Unknown), tasklog.NewFilter().Statuses())
	require.Equal(t, []task.Status{task.Running, task.ChildRunning},
		tasklog.NewFilter().Like(tasklog.Status, "%RUNNING").Neq(tasklog.Status, task.Failed).Statuses())
	require.Equal(t, []task.Status{task.Failed}, tasklog.NewFilter().Neq(tasklog.Status, task.Completed).Narrow(task.Failed, task.Completed).Statuses())
	require.True(t, tasklog.NewFilter().Eq(tasklog.Status, "failed").Eq(tasklog.Status, "running").MatchesNothing())
	require.True(t, tasklog.NewFilter().NotIn(tasklog.Label, []string{}).MatchesNothing())
	require.False(t, tasklog.NewFilter().MatchesNothing())
}

func TestFilterCloneIsIndependent(t *testing.T) {
	t.Parallel()
	f := tasklog.NewFilter().Eq(tasklog.Label, "x")
	c := f.Clone().Eq(tasklog.Owner, "y").Limit(3)
	require.NoError(t, c.Deselect(tasklog.Label))
	require.Len(t, f.Conditions(), 1)
	require.Len(t, f.Columns(), len(tasklog.Columns()))
	_, limited, _ := f.Page()
	require.False(t, limited)
}

func TestPatternMatch(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		pattern, text string
		want          bool
	}{
		{"", "", true},
		{"", "a", false},
		{"%", "", true},
		{"_", "", false},
		{"_", "🚀", true},
		{"a%b%c", "aXbYbZc", true},
		{"a%b%c", "aXbYbZ", false},
		{"ABC", "abc", true},
		{"Ä", "ä", false},
		{`\%`, "%", true},
		{`\%`, "x", false},
		{`\\`, `\`, true},
		{`a\`, `a\`, true},
		{`\a`, "A", true},
		{"%%_%%", "x", true},
		{"%a", "aaab", false},
	} {
		require.Equal(t, tt.want, tasklog.ParsePattern(tt.pattern).Match(tt.text), "%q like %q", tt.text, tt.pattern)
	}
}
