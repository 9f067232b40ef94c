package tao

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/tasklog"
)

func TestRedirectURL(t *testing.T) {
	t.Parallel()
	made := task.Success("made").WithData(map[string]any{"uriResource": "http://tao.test/x.rdf#i9"})
	report := task.Info("Running task 1").Add(made)
	for template, want := range map[string]string{
		"": "", "https://a.test/{taskId}": "https://a.test/a%2Fb", "http://a.test/?r={resource}&t={taskId}": "http://a.test/?r=http%3A%2F%2Ftao.test%2Fx.rdf%23i9&t=a%2Fb",
	} {
		redirect, err := ParseRedirectURL(template)
		require.NoError(t, err)
		got, err := redirect(t.Context(), tasklog.Entity{ID: "a/b", Report: &report})
		require.NoError(t, err)
		require.Equal(t, want, got, template)
	}
	redirect, err := ParseRedirectURL("https://a.test/?r={resource}&t={taskId}")
	require.NoError(t, err)
	for _, report := range []*task.Report{nil, {Type: task.TypeSuccess}} {
		got, err := redirect(t.Context(), tasklog.Entity{ID: "a/b", Report: report})
		require.NoError(t, err)
		require.Empty(t, got, "it has made nothing")
	}
	for template, reason := range map[string]string{
		"https://a.test": `is "https://a.test"; it must have {taskId} or {resource} in it`, "ftp://a.test/{taskId}": "must be an http or https URL",
		"{taskId}": "must be an http or https URL", "https:///{taskId}": "must be an http or https URL", "https://a.test:x/{taskId}": "must be an http or https URL",
	} {
		_, err := ParseRedirectURL(template)
		require.ErrorContains(t, err, reason)
	}
}

func TestCreated(t *testing.T) {
	t.Parallel()
	encoded, err := json.Marshal(NewCreated(TaskState{ID: "1", Status: "Queued", Report: []ReportLine{}}, nil))
	require.NoError(t, err)
	require.Equal(t, `{"success":true,"data":{"extra":{},"task":{"id":"1","status":"Queued","report":[]}}}`, string(encoded))
}
