package elastic_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/tasklog"
)

// Elasticsearch itself refuses to look further than 10,000 documents into a list.
func TestListsGoFurtherThanOneSearchCan(t *testing.T) {
	t.Parallel()
	const n = 23_456
	c := newIndex(t)
	fill(t, c, n)
	engine := openOwn(t, c)
	id := func(i int) task.ID { return task.ID(fmt.Sprintf("task-%05d", i)) }
	ascending := func() *tasklog.Filter { return tasklog.NewFilter().SortBy(tasklog.CreatedAt) }

	for _, tt := range []struct{ offset, limit, want int }{
		{9_990, 10, 10}, {9_990, 20, 20}, {10_000, 3, 3}, {20_001, 7, 7}, {n - 2, 10, 2}, {n, 10, 0}, {n + 50_000, 10, 0}, {0, 15_000, 15_000}, {5, 0, 0},
	} {
		page, err := engine.Search(t.Context(), ascending().Offset(tt.offset).Limit(tt.limit).WithTotal())
		require.NoError(t, err)
		require.Len(t, page.Tasks, tt.want, "%+v", tt)
		require.EqualValues(t, n, page.Total)
		for i, e := range page.Tasks {
			require.Equal(t, id(tt.offset+i), e.ID, "%+v", tt)
		}
	}

	// Without a limit all come, once each.
	page, err := engine.Search(t.Context(), ascending())
	require.NoError(t, err)
	require.Len(t, page.Tasks, n)
	for i, e := range page.Tasks {
		require.Equal(t, id(i), e.ID)
	}
	require.Empty(t, page.Next)

	// A sort by the status goes through the statuses, of which there is one here.
	page, err = engine.Search(t.Context(), tasklog.NewFilter().SortBy(tasklog.Status).Offset(12_345).Limit(2))
	require.NoError(t, err)
	require.Equal(t, []task.ID{id(12_345), id(12_346)}, []task.ID{page.Tasks[0].ID, page.Tasks[1].ID})

	// Cursors cost the same at any depth.
	f := tasklog.NewFilter().SortBy(tasklog.Owner).SortOrder(tasklog.Descending).Limit(5_000)
	seen := map[task.ID]bool{}
	for pages := 0; ; pages++ {
		page, err := engine.Search(t.Context(), f)
		require.NoError(t, err)
		for _, e := range page.Tasks {
			require.False(t, seen[e.ID])
			seen[e.ID] = true
		}
		if page.Next == "" {
			require.Equal(t, n/5_000, pages)
			break
		}
		f.After(page.Next)
	}
	require.Len(t, seen, n)
}

// A walk leaves nothing open behind but the state of the index that all searches share.
func TestWalksLetGoOfTheIndex(t *testing.T) {
	c := newIndex(t)
	fill(t, c, 2_500)
	_, err := openOwn(t, c).Search(t.Context(), tasklog.NewFilter())
	require.NoError(t, err)
	require.Eventually(t, func() bool { // what has been replaced is closed meanwhile
		return ask[struct {
			All struct {
				Total struct {
					Search struct {
						OpenContexts int `json:"open_contexts"`
					}
				}
			} `json:"_all"`
		}](t, "/"+c.Index+"/_stats/search").All.Total.Search.OpenContexts <= 1
	}, time.Minute, 50*time.Millisecond)
}
