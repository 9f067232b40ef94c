package api

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/require"

	"github.com/distributed-task-queue/taskqueue/schedule"
	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/tasklog"
)

func loadDocument(t *testing.T) *openapi3.T {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData(document)
	require.NoError(t, err)
	return doc
}

func TestDocumentIsValid(t *testing.T) {
	t.Parallel()
	require.NoError(t, loadDocument(t).Validate(t.Context(), openapi3.EnableExamplesValidation()))
}

func TestRoutesAndDocumentAreTheSame(t *testing.T) {
	t.Parallel()
	var documented, registered []string
	for path, item := range loadDocument(t).Paths.Map() {
		for method, o := range item.Operations() {
			documented = append(documented, fmt.Sprint(method, " ", path, " ", o.OperationID, " ", o.Extensions["x-role"]))
			require.Equal(t, o.Extensions["x-role"] == "anonymous", o.Security != nil && len(*o.Security) == 0, "security of %s", o.OperationID)
		}
	}
	for _, r := range routes {
		steps := strings.Split(r.path, "/")
		for i, step := range steps {
			if name, ok := strings.CutPrefix(step, ":"); ok {
				steps[i] = "{" + name + "}"
			}
		}
		registered = append(registered, r.method+" "+strings.Join(steps, "/")+" "+r.operation+" "+r.needs.String())
	}
	require.ElementsMatch(t, documented, registered)
}

// The document repeats some lists of the Go code, for the clients that are made from it.
func TestDocumentKnowsWhatTheCodeKnows(t *testing.T) {
	t.Parallel()
	schemas := loadDocument(t).Components.Schemas
	strings := func(values []any) []string {
		all := make([]string, len(values))
		for i, v := range values {
			all[i], _ = v.(string)
		}
		return all
	}

	columns := strings(schemas["Column"].Value.Enum)
	for _, c := range tasklog.Columns() {
		require.Contains(t, columns, string(c))
	}
	for _, name := range columns {
		_, err := tasklog.ParseColumn(name)
		require.NoError(t, err)
	}

	operators := strings(schemas["Filter"].Value.Properties["op"].Value.Enum)
	var known []string
	for _, o := range tasklog.Operators() {
		known = append(known, string(o), o.SQL())
	}
	require.ElementsMatch(t, known, operators)

	categories := []string{string(task.CategoryUnknown)}
	for _, c := range task.Categories() {
		categories = append(categories, string(c))
	}
	require.ElementsMatch(t, categories, strings(schemas["Category"].Value.Enum))

	statuses := []string{string(task.Unknown)}
	for _, s := range task.Statuses() {
		statuses = append(statuses, string(s))
	}
	require.ElementsMatch(t, statuses, strings(schemas["Task"].Value.Properties["rawStatus"].Value.Enum))
	require.InDelta(t, tasklog.DefaultLimit, schemas["Limit"].Value.Default, 0)

	var overlaps []string
	for _, o := range schedule.Overlaps() {
		overlaps = append(overlaps, string(o))
	}
	require.ElementsMatch(t, overlaps, strings(schemas["Overlap"].Value.Enum))
	require.EqualValues(t, schedule.MaxIDLength, *schemas["ScheduleID"].Value.MaxLength)

	var inList []string
	for _, s := range append(task.Statuses(), task.Status(task.GroupCreated), task.Status(task.GroupInProgress)) {
		inList = append(inList, string(s))
	}
	require.ElementsMatch(t, inList, strings(loadDocument(t).Components.Parameters["status"].Value.Schema.Value.Items.Value.Enum))

	require.InDelta(t, tasklog.DefaultRows, schemas["Rows"].Value.Default, 0)
	require.InDelta(t, tasklog.DefaultGroups, schemas["Top"].Value.Default, 0)
	require.InDelta(t, tasklog.MaxGroups, *schemas["Top"].Value.Max, 0)
	for _, c := range columns {
		g := tasklog.Grouping{By: tasklog.Column(c)}.WithDefaults()
		require.Equal(t, g.Validate() == nil, slices.Contains(strings(schemas["GroupColumn"].Value.Enum), c), c)
	}
}
