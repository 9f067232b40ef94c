package tasklog_test

import (
	"encoding/base64"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/tasklog"
)

func sortedBy(column tasklog.Column, order tasklog.Order) *tasklog.Filter {
	return tasklog.NewFilter().SortBy(column).SortOrder(order)
}

// next is the cursor after one task.
func next(f *tasklog.Filter, id task.ID, value any) string {
	return f.Clone().Limit(1).NewPage(tasklog.Collection{{ID: id}}, 0, value).Next
}

func TestCursorsKeepThePosition(t *testing.T) {
	t.Parallel()
	values := map[tasklog.Kind][]any{
		tasklog.KindText: {"", "a", `"\' Zoë 🚀`}, tasklog.KindBool: {true, false},
		tasklog.KindTime: {time.Date(2026, 3, 1, 12, 0, 0, 120_000_000, time.UTC), time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC)},
	}
	for _, column := range tasklog.Columns() {
		for _, order := range []tasklog.Order{tasklog.Ascending, tasklog.Descending} {
			of := values[column.Kind()]
			if column.Nullable() {
				of = append(slices.Clip(of), nil)
			}
			for _, value := range of {
				cursor := next(sortedBy(column, order), `o'dd "id"`, value)
				require.Regexp(t, `^[A-Za-z0-9_-]+$`, cursor)
				f := sortedBy(column, order).After(cursor)
				require.NoError(t, f.Err(), "%s %v", column, value)
				require.Equal(t, &tasklog.Position{Value: value, ID: `o'dd "id"`}, f.Position())
			}
		}
	}
	require.Nil(t, tasklog.NewFilter().Position())
}

func TestAPageHasANextOneIfItIsFull(t *testing.T) {
	t.Parallel()
	full := tasklog.Collection{{ID: "a"}, {ID: "b"}}
	require.NotEmpty(t, tasklog.NewFilter().Limit(2).NewPage(full, 0, nil).Next)
	require.Empty(t, tasklog.NewFilter().Limit(3).NewPage(full, 0, nil).Next)
	require.Empty(t, tasklog.NewFilter().NewPage(full, 0, nil).Next)
	require.Empty(t, tasklog.NewFilter().Limit(0).NewPage(nil, 7, nil).Next)
}

func TestCursorsThatAreRefused(t *testing.T) {
	t.Parallel()
	cursor := next(sortedBy(tasklog.Label, tasklog.Ascending), "x", "a")
	for want, f := range map[string]*tasklog.Filter{
		"belongs to a list sorted by label ASC, not by created_at DESC": tasklog.NewFilter().After(cursor),
		"not by label DESC":        sortedBy(tasklog.Label, tasklog.Descending).After(cursor),
		"combined with an offset":  sortedBy(tasklog.Label, tasklog.Ascending).After(cursor).Offset(1),
		"not one that a page has":  sortedBy(tasklog.Label, tasklog.Ascending).After("!"),
		`the value ""`:             sortedBy(tasklog.Label, tasklog.Ascending).After(""),
		`the value "` + cursor[:9]: sortedBy(tasklog.Label, tasklog.Ascending).After(cursor[:9]),
	} {
		var wrong *tasklog.FilterError
		require.ErrorAs(t, f.Err(), &wrong)
		require.ErrorContains(t, f.Err(), want)
	}
	for _, document := range []string{
		`{"s":"label","o":"ASC","v":null,"i":"x"}`, `{"s":"label","o":"ASC","v":1,"i":"x"}`, `{"s":"master_status","o":"ASC","v":"true","i":"x"}`,
		`{"s":"created_at","o":"ASC","v":1.5,"i":"x"}`, `{"s":"label","o":"ASC","v":"a","i":""}`, `{"s":"label","o":"asc","v":"a","i":"x"}`,
		`{"s":"","o":"ASC","v":"a","i":"x"}`, `{"s":"label","o":"ASC","i":"x"}`, `{"s":"label","o":"ASC","v":"a","i":"x"} `[:20],
	} {
		f := tasklog.NewFilter().After(base64.RawURLEncoding.EncodeToString([]byte(document)))
		require.ErrorContains(t, f.Err(), "not one that a page has given", document)
	}
}

// Whatever is sent as a cursor is refused, or is a position that another cursor of the same sort keeps.
func FuzzCursor(f *testing.F) {
	f.Add(next(sortedBy(tasklog.Label, tasklog.Ascending), "x", "a"))
	f.Add(next(sortedBy(tasklog.Owner, tasklog.Descending), "x", nil))
	f.Add(next(sortedBy(tasklog.MasterStatus, tasklog.Ascending), "x", true))
	f.Add(next(sortedBy(tasklog.CreatedAt, tasklog.Descending), "x", time.UnixMilli(1_772_366_400_120).UTC()))
	f.Add(base64.RawURLEncoding.EncodeToString([]byte(fmt.Sprintf(`{"s":"taskLabel","o":"ASC","v":%q,"i":"x"}`, "\x00"))))
	f.Fuzz(func(t *testing.T, text string) {
		for _, column := range tasklog.Columns() {
			for _, order := range []tasklog.Order{tasklog.Ascending, tasklog.Descending} {
				read := sortedBy(column, order).After(text)
				if read.Err() != nil {
					continue
				}
				position := read.Position()
				require.NoError(t, position.ID.Validate())
				again := sortedBy(column, order).After(next(sortedBy(column, order), position.ID, position.Value))
				require.NoError(t, again.Err())
				require.Equal(t, position, again.Position())
			}
		}
	})
}
