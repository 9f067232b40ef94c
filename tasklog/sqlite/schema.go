package sqlite

import (
	"context"
	"fmt"
	"maps"
	"regexp"

	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"github.com/distributed-task-queue/taskqueue/internal/attribute"
	"github.com/distributed-task-queue/taskqueue/tasklog"
)

// schema says where in the table executions_visibility the tasks of a namespace are.
type schema struct {
	namespaceID string
	fields      map[string]string // search attribute → column of the table
}

// systemFields are the columns of Temporal's own attributes.
var systemFields = map[string]string{"WorkflowId": "workflow_id", "TaskQueue": "task_queue"}

// fieldName is what the server calls its columns for custom attributes: Keyword01, Datetime03. Column names
// cannot be parameters of a statement, so nothing else may get into one.
var fieldName = regexp.MustCompile(`^[A-Za-z]{1,30}[0-9]{2}$`)

// readSchema asks the server which column each search attribute of the namespace is kept in.
func readSchema(ctx context.Context, c client.Client, namespace string) (schema, error) {
	described, err := c.WorkflowService().DescribeNamespace(ctx, &workflowservice.DescribeNamespaceRequest{Namespace: namespace})
	if err != nil {
		return schema{}, fmt.Errorf("describe namespace %q: %w", namespace, err)
	}
	s := schema{namespaceID: described.GetNamespaceInfo().GetId(), fields: map[string]string{}}
	for field, alias := range described.GetConfig().GetCustomSearchAttributeAliases() {
		if fieldName.MatchString(field) {
			s.fields[alias] = field
		}
	}
	for name := range attribute.Types() {
		if _, ok := s.fields[name]; !ok {
			return schema{}, fmt.Errorf("namespace %q has no search attribute %s: run `taskctl init`", namespace, name)
		}
	}
	maps.Copy(s.fields, systemFields)
	return s, nil
}

// column returns the table's column for a column of the log, as it is.
func (s schema) column(c tasklog.Column) string { return "e." + s.fields[c.Attribute()] }
