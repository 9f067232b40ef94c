package tasklogtest

import (
	"encoding/base64"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/tasklog"
)

const maxPageSize = 7

// testCursors reads lists page by page, sorted by every column both ways.
func (b *bench) testCursors(t *testing.T) {
	t.Parallel()
	size := 0
	for _, column := range tasklog.Columns() {
		for _, descending := range []bool{false, true} {
			sizes := []int{1 + size%maxPageSize}
			size++
			if column == tasklog.Owner || column == tasklog.CreatedAt { // which have ties and NULL
				sizes = []int{1, 2, 3, 4, 5, 6, 7}
			}
			t.Run(fmt.Sprintf("%s descending %t", column, descending), func(t *testing.T) {
				t.Parallel()
				for _, size := range sizes {
					b.checkPages(t, question{sortBy: column, descending: descending, limit: -1}, size)
				}
			})
		}
	}
}

// checkPages asks the question, which has neither limit nor offset, page by page.
func (b *bench) checkPages(t *testing.T, q question, size int) {
	t.Helper()
	want := b.answer(q)
	var got []task.ID
	for next := ""; ; {
		f := b.ask(t, q).Limit(size)
		if next != "" {
			f.After(next)
		}
		page, err := b.Engine.Search(t.Context(), f)
		require.NoError(t, err, "%s", q)
		require.Zero(t, page.Total, "%s", q)
		got = append(got, idsOf(page.Tasks)...)
		require.LessOrEqual(t, len(got), len(want), "%s by %d: %v, want %v", q, size, got, want)
		if next = page.Next; next == "" {
			break
		}
		require.Len(t, page.Tasks, size, "%s", q)
	}
	require.Equal(t, want, append([]task.ID{}, got...), "%s by %d", q, size)
}

// testTotals checks that a total is of all pages.
func (b *bench) testTotals(t *testing.T) {
	t.Parallel()
	all := int64(len(b.records))
	for _, f := range []*tasklog.Filter{
		b.filter(), b.filter().Limit(3), b.filter().Limit(0), b.filter().Offset(4), b.filter().Limit(1).Offset(1000), b.filter().SortBy(tasklog.Label).Limit(2),
	} {
		page, err := b.Engine.Search(t.Context(), f.WithTotal())
		require.NoError(t, err)
		require.Equal(t, all, page.Total)
	}
	first, err := b.Engine.Search(t.Context(), b.filter().Limit(3))
	require.NoError(t, err)
	require.Zero(t, first.Total)
	second, err := b.Engine.Search(t.Context(), b.filter().Limit(3).After(first.Next).WithTotal())
	require.NoError(t, err)
	require.Equal(t, all, second.Total)
	none, err := b.Engine.Search(t.Context(), b.filter().In(tasklog.ID, []string{}).WithTotal())
	require.NoError(t, err)
	require.Empty(t, none.Tasks)
	require.Zero(t, none.Total)
	unlimited, err := b.Engine.Search(t.Context(), b.filter())
	require.NoError(t, err)
	require.Empty(t, unlimited.Next)
	// A task that ends a page need not be there any more when the next one is asked for.
	gone := b.filter().Eq(tasklog.Owner, "alice").Limit(2).After(first.Next)
	want := b.search(t, b.filter().Eq(tasklog.Owner, "alice"))
	var after []task.ID
	for _, id := range want {
		if last := b.entity(first.Tasks[2].ID); b.entity(id).CreatedAt.Before(last.CreatedAt) {
			after = append(after, id)
		}
	}
	require.Equal(t, after[:2], b.search(t, gone))
}

// testWrongCursors checks that nothing but a cursor of the same sort is taken.
func (b *bench) testWrongCursors(t *testing.T) {
	t.Parallel()
	page, err := b.Engine.Search(t.Context(), b.filter().SortBy(tasklog.Label).Limit(2))
	require.NoError(t, err)
	require.NotEmpty(t, page.Next)
	wrong := []*tasklog.Filter{
		b.filter().After(page.Next),
		b.filter().SortBy(tasklog.Label).SortOrder(tasklog.Descending).After(page.Next),
		b.filter().SortBy(tasklog.Owner).After(page.Next),
		b.filter().SortBy(tasklog.Label).After(page.Next).Offset(1),
		b.filter().SortBy(tasklog.Label).After(page.Next[1:]),
		b.filter().SortBy(tasklog.Label).After(page.Next[:len(page.Next)-4]),
		b.filter().After(""),
	}
	for _, damaged := range []string{
		`{}`, `null`, `[]`, `{"s":"label","o":"ASC","v":null,"i":"x"}`, `{"s":"label","o":"ASC","v":1,"i":"x"}`, `{"s":"label","o":"up","v":"","i":"x"}`,
		`{"s":"label' OR 1=1","o":"ASC","v":"","i":"x"}`, `{"s":"label","o":"ASC","v":"","i":""}`, `{"s":"created_at","o":"DESC","v":"now","i":"x"}`,
	} {
		for _, text := range []string{damaged, base64.RawURLEncoding.EncodeToString([]byte(damaged))} {
			wrong = append(wrong, b.filter().SortBy(tasklog.Label).After(text))
		}
	}
	for i, f := range wrong {
		var want *tasklog.FilterError
		_, err := b.Engine.Search(t.Context(), f.Limit(2))
		require.ErrorAs(t, err, &want, "%d", i)
		_, err = b.Engine.Count(t.Context(), f)
		require.ErrorAs(t, err, &want, "%d", i)
	}
	// What a cursor holds stays a value, and its time may be any.
	for _, hostileCursor := range []string{
		`{"s":"label","o":"ASC","v":"' OR '1'='1","i":"x' OR '1'='1"}`, `{"s":"label","o":"ASC","v":"\"; --","i":"\""}`,
	} {
		f := b.filter().SortBy(tasklog.Label).Limit(2).After(base64.RawURLEncoding.EncodeToString([]byte(hostileCursor)))
		require.Len(t, b.search(t, f), 2)
	}
	for at, want := range map[string]int{"1500-01-01T00:00:00Z": b.without(tasklog.CreatedAt), "5000-01-01T00:00:00Z": len(b.records)} {
		cursor := fmt.Sprintf(`{"s":"created_at","o":"DESC","v":%q,"i":"x"}`, at)
		require.Len(t, b.search(t, b.filter().After(base64.RawURLEncoding.EncodeToString([]byte(cursor)))), want)
	}
}

// without returns how many tasks have no value in the column.
func (b *bench) without(column tasklog.Column) int {
	n := 0
	for _, r := range b.records {
		if r[column] == nil {
			n++
		}
	}
	return n
}
