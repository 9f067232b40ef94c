package embedded

import (
	"context"
	"database/sql"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	activitypb "go.temporal.io/api/activity/v1"
	commandpb "go.temporal.io/api/command/v1"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/fieldmaskpb"
)

func TestSearchAttributesWorkFromTheStart(t *testing.T) {
	t.Parallel()
	server := start(t, Config{Namespace: "tasks", SearchAttributes: testAttributes})
	c := dial(t, server)
	serve(t, c)

	registered, err := c.OperatorService().ListSearchAttributes(t.Context(),
		&operatorservice.ListSearchAttributesRequest{Namespace: "tasks"})
	require.NoError(t, err)
	require.Equal(t, testAttributes, registered.GetCustomAttributes())

	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	run := launch(t, c, "green", colour.ValueSet("green"), words.ValueSet("a small frog"),
		labels.ValueSet([]string{"wet", "cold"}), due.ValueSet(at))
	launch(t, c, "bare")

	requireList(t, c, `Colour = "green"`, "green")
	requireList(t, c, `Colour IS NULL`, "bare")
	requireList(t, c, `Words = "frog"`, "green")
	requireList(t, c, `Labels IN ("cold", "hot")`, "green")
	requireList(t, c, `Due BETWEEN "2026-01-02T03:04:00Z" AND "2026-01-02T03:05:00Z"`, "green")

	for _, text := range []string{"a large toad", ""} {
		require.NoError(t, c.SignalWorkflow(t.Context(), "green", "", "words", text))
		require.NoError(t, c.SignalWorkflow(t.Context(), "bare", "", "words", text))
	}
	require.NoError(t, run.Get(t.Context(), nil))
	requireList(t, c, `ExecutionStatus = "Completed"`, "green", "bare")
	requireList(t, c, `Words = "toad"`, "green", "bare")
	requireList(t, c, `Words = "frog"`)
	requireList(t, c, `Labels = "wet"`, "green")
}

func TestRestartKeepsDataAndAddsAttributes(t *testing.T) {
	t.Parallel()
	config := Config{
		DataDir:          t.TempDir(),
		UIPort:           NoUI,
		SearchAttributes: map[string]enumspb.IndexedValueType{colour.GetName(): colour.GetValueType()},
	}
	func() {
		server, err := Start(t.Context(), config)
		require.NoError(t, err)
		defer func() { require.NoError(t, server.Stop()) }()
		launch(t, dial(t, server), "before", colour.ValueSet("blue"))
	}()

	config.SearchAttributes = testAttributes
	config.Retention = 48 * time.Hour
	c := dial(t, start(t, config))
	serve(t, c)
	launch(t, c, "after", colour.ValueSet("blue"), labels.ValueSet([]string{"new"}))
	require.NoError(t, c.SignalWorkflow(t.Context(), "before", "", "words", "still here"))
	requireList(t, c, `Colour = "blue"`, "before", "after")
	requireList(t, c, `Labels = "new"`, "after")
	requireList(t, c, `Words = "still"`, "before")

	described, err := c.WorkflowService().DescribeNamespace(t.Context(),
		&workflowservice.DescribeNamespaceRequest{Namespace: DefaultNamespace})
	require.NoError(t, err)
	require.Equal(t, 48*time.Hour, described.GetConfig().GetWorkflowExecutionRetentionTtl().AsDuration())
}

func TestStartRefusesAttributeOfAnotherType(t *testing.T) {
	t.Parallel()
	config := Config{DataDir: t.TempDir(), UIPort: NoUI, SearchAttributes: testAttributes}
	server, err := Start(t.Context(), config)
	require.NoError(t, err)
	require.NoError(t, server.Stop())

	config.SearchAttributes = map[string]enumspb.IndexedValueType{"Colour": enumspb.INDEXED_VALUE_TYPE_INT}
	_, err = Start(t.Context(), config)
	require.ErrorContains(t, err, `search attribute "Colour" has type Keyword, want Int`)

	config.SearchAttributes = testAttributes
	start(t, config) // the failure has released the directory
}

func TestStartRefusesTakenPort(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", address(0))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, taken.Close()) })
	port := taken.Addr().(*net.TCPAddr).Port

	_, err = Start(t.Context(), Config{FrontendPort: port, UIPort: NoUI})
	require.ErrorContains(t, err, "Temporal port "+strconv.Itoa(port)+" is in use")
	_, err = Start(t.Context(), Config{UIPort: port})
	require.ErrorContains(t, err, "Web UI port "+strconv.Itoa(port)+" is in use")
}

func TestStartRefusesDataDirInUse(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	start(t, Config{DataDir: dir})
	_, err := Start(t.Context(), Config{DataDir: dir, UIPort: NoUI})
	require.ErrorContains(t, err, `data directory "`+dir+`" is in use`)
}

func TestStartRefusesBadConfig(t *testing.T) {
	t.Parallel()
	for want, config := range map[string]Config{
		"retention 1m0s is too short: the least is 1h0m0s": {Retention: time.Minute},
		"invalid Temporal port 70000: want 0 to 65535":     {FrontendPort: 70000},
		"invalid Web UI port -2":                           {UIPort: -2},
		`search attribute "X": all columns of type Unspecified are taken`: {
			UIPort: NoUI, SearchAttributes: map[string]enumspb.IndexedValueType{"X": 0},
		},
	} {
		_, err := Start(t.Context(), config)
		require.ErrorContains(t, err, want)
	}
}

func TestStopLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	server, err := Start(t.Context(), Config{})
	require.NoError(t, err)
	response, err := http.Get(server.UIURL() + "/api/v1/settings")
	require.NoError(t, err)
	settings, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Contains(t, string(settings), `"DefaultNamespace":"default"`)
	require.DirExists(t, server.data.path)

	require.NoError(t, server.Stop())
	require.NoDirExists(t, server.data.path)
	for _, used := range []string{server.FrontendAddress(), server.UIURL()[len("http://"):]} {
		listener, err := net.Listen("tcp", used)
		require.NoError(t, err)
		require.NoError(t, listener.Close())
	}
}

func TestDataDirMayHaveAnyName(t *testing.T) {
	t.Parallel()
	dir := t.TempDir() + "/50% of #1? yes"
	server := start(t, Config{DataDir: dir})
	for _, path := range []string{server.VisibilityPath(), server.data.temporalPath()} {
		info, err := os.Stat(path)
		require.NoError(t, err)
		require.Positive(t, info.Size())
	}
}

func TestVisibilityCanBeReadBesideTheServer(t *testing.T) {
	t.Parallel()
	server := start(t, Config{})
	c := dial(t, server)
	launch(t, c, "seen")
	requireList(t, c, "", "seen")

	db, err := sql.Open("sqlite", "file:"+server.VisibilityPath()+"?mode=ro")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	var id string
	require.NoError(t, db.QueryRowContext(t.Context(),
		`SELECT workflow_id FROM executions_visibility WHERE workflow_id = 'seen'`).Scan(&id))
	require.Equal(t, "seen", id)
	_, err = db.ExecContext(t.Context(), `DELETE FROM executions_visibility`)
	require.ErrorContains(t, err, "readonly")
}

// The queue's pause and the running task's deadline are changed by these.
func TestQueueAndActivityOptionsCanBeUpdated(t *testing.T) {
	t.Parallel()
	c := dial(t, start(t, Config{}))
	service := c.WorkflowService()

	updated, err := service.UpdateTaskQueueConfig(t.Context(), &workflowservice.UpdateTaskQueueConfigRequest{
		Namespace:     DefaultNamespace,
		TaskQueue:     testQueue,
		TaskQueueType: enumspb.TASK_QUEUE_TYPE_ACTIVITY,
		UpdateQueueRateLimit: &workflowservice.UpdateTaskQueueConfigRequest_RateLimitUpdate{
			RateLimit: &taskqueuepb.RateLimit{RequestsPerSecond: 0},
			Reason:    "paused",
		},
	})
	require.NoError(t, err)
	require.Equal(t, "paused", updated.GetConfig().GetQueueRateLimit().GetMetadata().GetReason())

	run := launch(t, c, "scheduler")
	queue := &taskqueuepb.TaskQueue{Name: testQueue}
	ctx, cancel := context.WithTimeout(t.Context(), soon) // the server demands a deadline
	defer cancel()
	polled, err := service.PollWorkflowTaskQueue(ctx, &workflowservice.PollWorkflowTaskQueueRequest{
		Namespace: DefaultNamespace, TaskQueue: queue,
	})
	require.NoError(t, err)
	_, err = service.RespondWorkflowTaskCompleted(t.Context(), &workflowservice.RespondWorkflowTaskCompletedRequest{
		Namespace: DefaultNamespace,
		TaskToken: polled.GetTaskToken(),
		Commands: []*commandpb.Command{{
			CommandType: enumspb.COMMAND_TYPE_SCHEDULE_ACTIVITY_TASK,
			Attributes: &commandpb.Command_ScheduleActivityTaskCommandAttributes{
				ScheduleActivityTaskCommandAttributes: &commandpb.ScheduleActivityTaskCommandAttributes{
					ActivityId:          "1",
					ActivityType:        &commonpb.ActivityType{Name: "act"},
					TaskQueue:           queue,
					StartToCloseTimeout: durationpb.New(time.Minute),
				},
			},
		}},
	})
	require.NoError(t, err)
	options, err := service.UpdateActivityOptions(t.Context(), &workflowservice.UpdateActivityOptionsRequest{
		Namespace:       DefaultNamespace,
		Execution:       &commonpb.WorkflowExecution{WorkflowId: run.GetID()},
		Activity:        &workflowservice.UpdateActivityOptionsRequest_Id{Id: "1"},
		ActivityOptions: &activitypb.ActivityOptions{StartToCloseTimeout: durationpb.New(time.Hour)},
		UpdateMask:      &fieldmaskpb.FieldMask{Paths: []string{"start_to_close_timeout"}},
	})
	require.NoError(t, err)
	require.Equal(t, time.Hour, options.GetActivityOptions().GetStartToCloseTimeout().AsDuration())
}

func TestTheServerLeavesTheTracesExporterToOthers(t *testing.T) {
	t.Setenv(tracesExporter, "console") // the server knows no such exporter
	start(t, Config{})
	require.Equal(t, "console", os.Getenv(tracesExporter))
}
