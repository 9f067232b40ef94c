package tasklog_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/distributed-task-queue/taskqueue/tasklog"
)

func TestGrouping(t *testing.T) {
	t.Parallel()
	require.Equal(t, tasklog.Grouping{Top: tasklog.DefaultGroups}, tasklog.Grouping{}.WithDefaults())
	require.Equal(t, tasklog.Grouping{By: tasklog.Owner, Top: 3}, tasklog.Grouping{By: tasklog.Owner, Top: 3}.WithDefaults())
	for _, by := range []tasklog.Column{"", tasklog.Status, tasklog.Category, tasklog.TaskName, tasklog.Owner, tasklog.Queue} {
		require.NoError(t, tasklog.Grouping{By: by, Top: tasklog.MaxGroups}.Validate())
	}
	require.ErrorContains(t, tasklog.Grouping{By: tasklog.ID}.Validate(), `"id"; tasks are grouped by one of [status category task_name owner queue]`)
	require.ErrorContains(t, tasklog.Grouping{Top: tasklog.MaxGroups + 1}.Validate(), "it must be 1 to 1000")
	require.Error(t, tasklog.Grouping{Top: -1}.Validate())
}

func TestGroupRows(t *testing.T) {
	t.Parallel()
	var rows []tasklog.Row
	for i := range 20 { // 1 s to 20 s, in no order
		rows = append(rows, tasklog.Row{Entity: tasklog.Entity{Owner: "ann"}, Duration: new(time.Duration(1+i*7%20) * time.Second)})
	}
	rows = append(rows, tasklog.Row{}, tasklog.Row{Entity: tasklog.Entity{Owner: "bob"}},
		tasklog.Row{Entity: tasklog.Entity{Owner: "cid"}, Duration: new(1500 * time.Millisecond)}, tasklog.Row{Entity: tasklog.Entity{Owner: "cid"}})
	groups := tasklog.GroupRows(rows, tasklog.Grouping{By: tasklog.Owner, Top: 3, Times: true})
	require.Equal(t, tasklog.Groups{Groups: []tasklog.Group{
		{Value: "ann", Count: 20, Times: &tasklog.Times{Count: 20, Min: 1, Mean: 10.5, P50: 10, P95: 19, Max: 20}},
		{Value: "cid", Count: 2, Times: &tasklog.Times{Count: 1, Min: 1.5, Mean: 1.5, P50: 1.5, P95: 1.5, Max: 1.5}},
		{Value: "", Count: 1, Times: &tasklog.Times{}},
	}, Others: 1}, groups)
	require.Equal(t, tasklog.Groups{Groups: []tasklog.Group{{Count: 24}}}, tasklog.GroupRows(rows, tasklog.Grouping{Top: 1}))
	require.Equal(t, tasklog.Groups{Groups: []tasklog.Group{}}, tasklog.GroupRows(nil, tasklog.Grouping{Top: 1}))
}
