package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/distributed-task-queue/taskqueue/internal/temporaltest"
)

type table struct {
	Rows, Page, Amount, Total int
	Data                      []entity
}

func (p table) labels() []string {
	labels := []string{}
	for _, e := range p.Data {
		labels = append(labels, e.TaskLabel)
	}
	return labels
}

func TestDataTable(t *testing.T) {
	t.Parallel()
	b := setup(t)
	owner := temporaltest.UniqueName(t)
	for i := range 5 {
		action := "declared"
		if i == 4 {
			action = "echo"
		}
		b.create(map[string]any{"action": action, "owner": owner, "label": fmt.Sprint("row ", i)})
	}
	cancelled := b.create(map[string]any{"action": "declared", "owner": owner, "label": "row 9"}).ID
	require.Equal(t, http.StatusOK, b.do(http.MethodPost, "/api/v1/tasks/"+cancelled+"/cancel", nil).StatusCode)
	post := func(query string, body any) table {
		t.Helper()
		return read[table](t, b.do(http.MethodPost, "/api/v1/datatable"+query, body), http.StatusOK)
	}
	b.await("the index knows all", func() bool {
		return post("?filtercolumns[owner]="+owner, nil).Amount == 6 && post("?filtercolumns[status]=cancelled&filtercolumns[owner]="+owner, nil).Amount == 1
	})

	mine := map[string]any{"owner": owner}
	all := post("", map[string]any{"filtercolumns": mine})
	require.Equal(t, []string{"row 9", "row 4", "row 3", "row 2", "row 1", "row 0"}, all.labels(), "the newest first")
	require.Equal(t, table{Rows: 25, Page: 1, Amount: 6, Total: 1, Data: all.Data}, all)
	last := post("", map[string]any{"user": owner, "rows": 2, "page": 3, "sortby": "taskLabel", "sortorder": "asc", "sorttype": "string"})
	require.Equal(t, table{Rows: 2, Page: 3, Amount: 1, Total: 3, Data: last.Data}, last)
	require.Equal(t, []string{"row 4"}, last.labels(), "what is cancelled is not shown to its user")
	require.Equal(t, []string{"row 2", "row 1"}, post("?page=2&sortorder=DESC", map[string]any{
		"user": owner, "rows": 2, "page": 3, "sortby": "label",
	}).labels(), "the query wins")
	require.Equal(t, []string{"row 3", "row 1"}, post("?filtercolumns[taskLabel][]=row+1&filtercolumns[taskLabel][]=row+3", map[string]any{
		"user": owner, "filtercolumns": map[string]any{"label": "row 0"},
	}).labels(), "a filtercolumns in the query replaces that of the body")
	require.Equal(t, []string{"row 4"}, post("", map[string]any{
		"filtercolumns": mine, "filters": []any{map[string]any{"column": "taskName", "op": "neq", "value": "declared"}},
	}).labels())
	require.Len(t, post("", map[string]any{
		"filtercolumns": map[string]any{"owner": owner, "status": "created", "label": "", "queue": nil, "parentId": []any{}},
	}).Data, 5, "the name of a group, and values that want nothing")

	var keys map[string]json.RawMessage
	a := b.do(http.MethodPost, "/api/v1/datatable?page=-1&filtercolumns[owner]=nobody", nil)
	require.NoError(t, json.Unmarshal(a.body, &keys))
	require.Len(t, keys, 5)
	require.JSONEq(t, `{"rows":25,"page":1,"amount":0,"total":0,"data":[]}`, string(a.body))
}
