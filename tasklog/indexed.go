package tasklog

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
)

// maxRunsAsked is how many runs one question to the server's index may be about.
const maxRunsAsked = 500

// Indexed returns those of the runs that the server's index has. It asks for maxRunsAsked at a time: of such questions a server takes no more
// than ten a second for a whole namespace by default.
func Indexed(ctx context.Context, c client.Client, namespace string, runs []string) (map[string]bool, error) {
	found := map[string]bool{}
	for chunk := range slices.Chunk(runs, maxRunsAsked) {
		request := &workflowservice.ListWorkflowExecutionsRequest{
			Namespace: namespace, Query: "RunId IN ('" + strings.Join(chunk, "', '") + "')", PageSize: maxRunsAsked,
		}
		page, err := c.ListWorkflow(ctx, request)
		if err != nil {
			return nil, fmt.Errorf("look for %d runs in the index: %w", len(chunk), err)
		}
		for _, e := range page.GetExecutions() {
			found[e.GetExecution().GetRunId()] = true
		}
	}
	return found, nil
}
