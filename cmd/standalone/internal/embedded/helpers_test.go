package embedded

import (
	"context"
	"log/slog"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
)

const (
	testQueue = "test"

	// soon is how long something that the server does in its own time may take
	// on a busy machine.
	soon = 2 * time.Minute
)

var (
	colour = temporal.NewSearchAttributeKeyKeyword("Colour")
	words  = temporal.NewSearchAttributeKeyString("Words")
	labels = temporal.NewSearchAttributeKeyKeywordList("Labels")
	due    = temporal.NewSearchAttributeKeyTime("Due")

	testAttributes = map[string]enumspb.IndexedValueType{
		colour.GetName(): colour.GetValueType(),
		words.GetName():  words.GetValueType(),
		labels.GetName(): labels.GetValueType(),
		due.GetName():    due.GetValueType(),
	}
)

func TestMain(m *testing.M) {
	// The server's warnings on a slow machine say nothing about these tests.
	slog.SetDefault(slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError})))
	os.Exit(m.Run())
}

// start runs a server without a UI until the end of the test.
func start(t *testing.T, config Config) *Server {
	t.Helper()
	config.UIPort = NoUI
	server, err := Start(t.Context(), config)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Stop()) })
	return server
}

// dial connects an SDK client until the end of the test.
func dial(t *testing.T, server *Server) client.Client {
	t.Helper()
	c, err := client.Dial(client.Options{
		HostPort:  server.FrontendAddress(),
		Namespace: server.Namespace(),
		Logger:    sdklog.NewStructuredLogger(slog.Default()),
	})
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c
}

// serve runs a worker with the test workflows until the end of the test.
func serve(t *testing.T, c client.Client) {
	t.Helper()
	w := worker.New(c, testQueue, worker.Options{})
	w.RegisterWorkflow(waiting)
	require.NoError(t, w.Start())
	t.Cleanup(w.Stop)
}

// waiting upserts what it receives by the signal "words" until that is empty.
func waiting(ctx workflow.Context) error {
	for {
		var text string
		workflow.GetSignalChannel(ctx, "words").Receive(ctx, &text)
		if text == "" {
			return nil
		}
		if err := workflow.UpsertTypedSearchAttributes(ctx, words.ValueSet(text)); err != nil {
			return err
		}
	}
}

// launch starts the workflow waiting.
func launch(t *testing.T, c client.Client, id string, attributes ...temporal.SearchAttributeUpdate) client.WorkflowRun {
	t.Helper()
	run, err := c.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{
		ID:                    id,
		TaskQueue:             testQueue,
		TypedSearchAttributes: temporal.NewSearchAttributes(attributes...),
	}, waiting)
	require.NoError(t, err)
	return run
}

// requireList waits until the query finds exactly these workflows, in any order.
func requireList(t *testing.T, c client.Client, query string, ids ...string) {
	t.Helper()
	require.EventuallyWithT(t, func(collect *assert.CollectT) {
		found := []string{}
		response, err := c.ListWorkflow(context.Background(), &workflowservice.ListWorkflowExecutionsRequest{Query: query})
		require.NoError(collect, err)
		for _, execution := range response.GetExecutions() {
			found = append(found, execution.GetExecution().GetWorkflowId())
		}
		require.ElementsMatch(collect, ids, found, query)
	}, soon, 50*time.Millisecond)
}
