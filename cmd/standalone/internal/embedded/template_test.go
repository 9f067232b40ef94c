package embedded

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/server/schema"

	"github.com/distributed-task-queue/taskqueue/tasklog/elastic"
)

// The task log's set-up makes the index for a server that is not embedded too.
func TestTheIndexTemplateIsThatOfTheServer(t *testing.T) {
	t.Parallel()
	want, err := schema.ElasticsearchIndexTemplate()
	require.NoError(t, err)
	require.JSONEq(t, want, string(elastic.TemporalTemplate()))
}
