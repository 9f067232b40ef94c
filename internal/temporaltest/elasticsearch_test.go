package temporaltest_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/distributed-task-queue/taskqueue/internal/attribute"
	"github.com/distributed-task-queue/taskqueue/internal/setup"
	"github.com/distributed-task-queue/taskqueue/internal/temporaltest"
	"github.com/distributed-task-queue/taskqueue/task"
)

func TestMain(m *testing.M) { temporaltest.MainWithElasticsearch(m) }

// get decodes what Elasticsearch answers about the index.
func get(t *testing.T, path string, into any) {
	t.Helper()
	elasticsearch := temporaltest.Server().Elasticsearch
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, elasticsearch.URL+"/"+elasticsearch.Index+path, nil)
	require.NoError(t, err)
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	require.Equal(t, http.StatusOK, response.StatusCode)
	require.NoError(t, json.NewDecoder(response.Body).Decode(into))
}

func TestTasksAttributesAreFieldsOfTheirOwnNames(t *testing.T) {
	t.Parallel()
	var mappings map[string]struct {
		Mappings struct {
			Properties map[string]struct{ Type string }
		}
	}
	get(t, "/_mapping", &mappings)
	fields := mappings[temporaltest.Server().Elasticsearch.Index].Mappings.Properties
	for name := range attribute.Types() {
		require.Contains(t, fields, name)
	}
	require.Equal(t, "keyword", fields["TaskOwner"].Type)
	require.Equal(t, "text", fields["TaskText"].Type)
	require.Equal(t, "date_nanos", fields["TaskCreatedAt"].Type)

	c := temporaltest.Dial(t)
	owner := temporaltest.UniqueName(t)
	created := task.Task{ID: task.NewID(), Action: "report", Label: "Monthly", Parameters: task.EmptyParameters}
	created.Owner, created.CreatedAt = owner, time.Now().UTC()
	_, err := c.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{
		ID: string(created.ID), TaskQueue: owner,
		TypedSearchAttributes: temporal.NewSearchAttributes(attribute.ForNew(&created).Copy()),
	}, "Task")
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		found, err := c.ListWorkflow(context.Background(), &workflowservice.ListWorkflowExecutionsRequest{
			Query: `TaskName = "report" AND TaskText = "monthly" AND TaskOwner = "` + owner + `"`,
		})
		return err == nil && len(found.GetExecutions()) == 1
	}, 2*time.Minute, 20*time.Millisecond)

	var found struct {
		Hits struct {
			Hits []struct {
				Source struct{ WorkflowID, TaskName, TaskLabel, ExecutionStatus string } `json:"_source"`
			}
		}
	}
	get(t, "/_search?q="+url.QueryEscape(`TaskOwner:"`+owner+`"`), &found)
	require.Len(t, found.Hits.Hits, 1)
	source := found.Hits.Hits[0].Source
	require.Equal(t, string(created.ID), source.WorkflowID)
	require.Equal(t, []string{"report", "Monthly", "Running"}, []string{source.TaskName, source.TaskLabel, source.ExecutionStatus})
}

func TestTheServerIsSetUpFromTheStart(t *testing.T) {
	t.Parallel()
	var told []string
	require.NoError(t, setup.Run(t.Context(), temporaltest.Dial(t), temporaltest.Namespace, setup.Options{
		Progress: func(s string) { told = append(told, s) },
	}))
	require.Contains(t, told, "The search attributes exist.")
}
