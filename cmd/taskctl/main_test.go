package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/distributed-task-queue/taskqueue/internal/cli"
	"github.com/distributed-task-queue/taskqueue/internal/temporaltest"
	"github.com/distributed-task-queue/taskqueue/tasklog"
	"github.com/distributed-task-queue/taskqueue/tasklog/elastic"
)

func TestMain(m *testing.M) { temporaltest.MainWithElasticsearch(m) }

// What init makes of an empty Elasticsearch can be searched, and it may be run again.
func TestInitMakesTheIndexInElasticsearch(t *testing.T) {
	t.Parallel()
	connection := elastic.Connection{
		Addresses: []string{temporaltest.Server().Elasticsearch.URL}, Index: "taskctl-init-" + uuid.NewString()[:8],
	}
	engine, err := elastic.Open(t.Context(), elastic.Config{Connection: connection, Client: temporaltest.Dial(t)})
	require.NoError(t, err)
	var missing *elastic.MissingIndexError
	require.ErrorAs(t, engine.Check(t.Context()), &missing)

	config := filepath.Join(t.TempDir(), "taskqueue.yaml")
	require.NoError(t, os.WriteFile(config, fmt.Appendf(nil, "queues: [{name: default}]\nlog: {engine: elastic, elasticsearch: {addresses: [%q], index: %s}}\n",
		connection.Addresses[0], connection.Index), 0o600))
	for range 2 {
		var out, told bytes.Buffer
		args := []string{"init", "--config", config, "--address", temporaltest.Server().Address, "--namespace", temporaltest.Namespace}
		status := cli.Run(t.Context(), args, cli.Streams{In: strings.NewReader(""), Out: &out, Err: &told})
		require.Equal(t, cli.StatusOK, status, "%s%s", &out, &told)
		require.Contains(t, out.String()+told.String(), connection.Index)
		require.NoError(t, engine.Check(t.Context()))
	}
	page, err := engine.Search(t.Context(), tasklog.NewFilter())
	require.NoError(t, err)
	require.Empty(t, page.Tasks)
}
