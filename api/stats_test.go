package api_test

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/distributed-task-queue/taskqueue/internal/temporaltest"
	"github.com/distributed-task-queue/taskqueue/tasklog"
)

func TestGroups(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.work()
	owner := temporaltest.UniqueName(t)
	begin := time.Now().Add(-time.Second)
	for _, body := range []map[string]any{
		{"action": "echo", "category": "import"},
		{"action": "echo", "category": "export"},
		{"action": "echo", "category": "import", "parameters": map[string]any{"fail": true}},
		{"action": "declared", "label": "Waits", "delay": "1h"},
	} {
		body["owner"] = owner
		b.create(body)
	}
	get := func(query string) tasklog.Groups {
		t.Helper()
		return read[tasklog.Groups](t, b.do(http.MethodGet, "/api/v1/stats/groups?owner="+owner+query, nil), http.StatusOK)
	}
	b.await("all are listed, and three have ended", func() bool {
		ended := get("&status=failed&status=completed")
		return ended.Groups != nil && count(ended) == 3 && count(get("")) == 4
	})

	require.Equal(t, tasklog.Groups{Groups: []tasklog.Group{{Count: 4}}}, get(""))
	require.Equal(t, tasklog.Groups{Groups: []tasklog.Group{{Value: "echo", Count: 3}, {Value: "declared", Count: 1}}}, get("&by=task_name"))
	require.Equal(t, get("&by=task_name"), get("&by=taskName&times=false"))
	require.Equal(t, tasklog.Groups{Groups: []tasklog.Group{{Value: "completed", Count: 2}}, Others: 2}, get("&by=status&top=1"))
	require.Equal(t, tasklog.Groups{Groups: []tasklog.Group{{Value: "import", Count: 2}, {Value: "export", Count: 1}}}, get("&by=category&action=echo"))
	require.Equal(t, tasklog.Groups{Groups: []tasklog.Group{{Value: b.queue, Count: 1}}}, get("&by=queue&text=waits"))
	require.Equal(t, tasklog.Groups{Groups: []tasklog.Group{}}, get("&by=owner&available=nobody"))

	timed := get("&by=task_name&times=true")
	require.EqualValues(t, 3, timed.Groups[0].Times.Count)
	require.Positive(t, timed.Groups[0].Times.Mean)
	require.GreaterOrEqual(t, timed.Groups[0].Times.Max, timed.Groups[0].Times.P50)
	require.Zero(t, *timed.Groups[1].Times)

	moment := func(at time.Time) string { return url.QueryEscape(at.Format(time.RFC3339Nano)) }
	require.EqualValues(t, 4, count(get("&createdFrom="+moment(begin)+"&createdTo="+moment(begin.Add(time.Hour)))))
	require.Zero(t, count(get("&createdTo="+moment(begin))))
	require.Zero(t, count(get("&createdFrom="+moment(begin.Add(time.Hour)))))

	require.Equal(t, timed, read[tasklog.Groups](t, b.do(http.MethodPost, "/api/v1/stats/groups", map[string]any{
		"filters": []any{map[string]any{"column": "owner", "op": "eq", "value": owner}}, "by": "taskName", "times": true,
	}), http.StatusOK))
	require.EqualValues(t, 1, count(read[tasklog.Groups](t, b.do(http.MethodPost, "/api/v1/stats/groups", map[string]any{
		"text": "waits", "available": map[string]any{"user": owner},
	}), http.StatusOK)))
}

func count(g tasklog.Groups) (n int64) {
	for _, group := range g.Groups {
		n += group.Count
	}
	return n + g.Others
}
