package api

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/distributed-task-queue/taskqueue/broker/memory"
)

func TestProblemsOfSyncQueues(t *testing.T) {
	t.Parallel()
	p := problemOf(fmt.Errorf("enqueue: %w", &memory.UnknownActionError{Action: "nope", Queue: "sync"}))
	require.Equal(t, http.StatusUnprocessableEntity, p.Status)
	require.Equal(t, "urn:taskqueue:problem:unknown-action", p.Type)
	require.Equal(t, "action", p.Field)
	require.Contains(t, p.Detail, `has no action "nope"`)

	p = problemOf(fmt.Errorf("enqueue: %w", memory.ErrClosed))
	require.Equal(t, http.StatusServiceUnavailable, p.Status)
	require.Equal(t, "urn:taskqueue:problem:unavailable", p.Type)
}
