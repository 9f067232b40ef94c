package tao

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/require"

	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/tasklog"
)

func loadDocument(t *testing.T) *openapi3.T {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData(Document())
	require.NoError(t, err)
	return doc
}

func TestDocumentIsValid(t *testing.T) {
	t.Parallel()
	require.NoError(t, loadDocument(t).Validate(t.Context(), openapi3.EnableExamplesValidation()))
}

func TestRoutesAndDocumentAreTheSame(t *testing.T) {
	t.Parallel()
	var documented []string
	for path, item := range loadDocument(t).Paths.Map() {
		for method, o := range item.Operations() {
			documented = append(documented, fmt.Sprint(method, " ", path, " ", o.OperationID, " ", o.Extensions["x-role"]))
			require.Equal(t, strings.HasPrefix(path, "/taoTaskQueue/"), o.Deprecated, "%s %s", method, path)
			ajax := false
			for _, p := range o.Parameters {
				ajax = ajax || p.Value.In == openapi3.ParameterInHeader
			}
			for _, r := range Routes() {
				require.True(t, r.Path != path || r.ajax == ajax, "X-Requested-With of %s %s", method, path)
			}
		}
	}
	registered := []string{"GET " + DocumentPath + " getTaoDocument anonymous"}
	for _, r := range Routes() {
		registered = append(registered, "GET "+r.Path+" "+r.Operation+" owner", "POST "+r.Path+" "+r.Operation+"Form owner")
	}
	require.Equal(t, []string{http.MethodGet, http.MethodPost}, Methods())
	require.ElementsMatch(t, documented, registered)
}

// The document repeats some lists of the Go code, for the clients that are made from it.
func TestDocumentKnowsWhatTheCodeKnows(t *testing.T) {
	t.Parallel()
	schemas := loadDocument(t).Components.Schemas
	groups := map[any]bool{}
	for _, s := range task.Statuses() {
		groups[string(s.Group())] = true
	}
	require.Len(t, schemas["Status"].Value.Enum, len(groups))
	for _, documented := range schemas["Status"].Value.Enum {
		require.Contains(t, groups, documented)
	}
	categories := []any{string(task.CategoryUnknown)}
	for _, c := range task.Categories() {
		categories = append(categories, string(c))
	}
	require.ElementsMatch(t, categories, schemas["Category"].Value.Enum)
	require.InDelta(t, tasklog.DefaultLimit, schemas["Limit"].Value.Default, 0)
	require.InDelta(t, maxLimit, *schemas["Limit"].Value.Max, 0)
}
