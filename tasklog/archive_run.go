package tasklog

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/google/uuid"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"google.golang.org/protobuf/proto"

	"github.com/distributed-task-queue/taskqueue/internal/attribute"
	"github.com/distributed-task-queue/taskqueue/task"
)

// memoArchiver is the memo field by which whoever starts an archive run recognizes it: of several at the same time
// the server lets one start it, and tells the others that they did.
const memoArchiver = "archiver"

// startArchiveRun starts the run that carries an ended task on as archived, unless somebody else has. The run that it
// returns is the current one, and is ours if its memo says so.
func (l *TaskLog) startArchiveRun(ctx context.Context, r run, user string) (archive run, ours bool, err error) {
	request, err := l.archiveRequest(ctx, r, user)
	if err != nil {
		return run{}, false, fmt.Errorf("archive task %q: %w", r.row.ID, err)
	}
	_, err = l.config.Client.WorkflowService().StartWorkflowExecution(ctx, request)
	if _, started := errors.AsType[*serviceerror.WorkflowExecutionAlreadyStarted](err); err != nil && !started {
		return run{}, false, fmt.Errorf("archive task %q: start its archive run: %w", r.row.ID, err)
	}
	if archive, err = l.describe(ctx, &commonpb.WorkflowExecution{WorkflowId: string(r.row.ID)}); err != nil {
		return run{}, false, fmt.Errorf("task %q is archived, but cannot be read: %w", r.row.ID, err)
	}
	archiver := archive.described.GetWorkflowExecutionInfo().GetMemo().GetFields()[memoArchiver]
	return archive, proto.Equal(archiver, request.GetMemo().GetFields()[memoArchiver]), nil
}

func (l *TaskLog) archiveRequest(ctx context.Context, r run, user string) (*workflowservice.StartWorkflowExecutionRequest, error) {
	input, err := l.archivedInput(ctx, r)
	if err != nil {
		return nil, err
	}
	fields, memo, err := l.archivedFields(r)
	if err != nil {
		return nil, err
	}
	return &workflowservice.StartWorkflowExecutionRequest{
		Namespace:    l.config.Namespace,
		WorkflowId:   string(r.row.ID),
		WorkflowType: &commonpb.WorkflowType{Name: WorkflowType},
		TaskQueue:    &taskqueuepb.TaskQueue{Name: r.row.Queue, Kind: enumspb.TASK_QUEUE_KIND_NORMAL},
		Input:        input,
		// One for each superseded run: whoever archives it at the same time, or again, gets the same archive run.
		RequestId:                "archive-" + r.row.RunID,
		Identity:                 identity(user),
		WorkflowIdReusePolicy:    enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		WorkflowIdConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_FAIL,
		SearchAttributes:         &commonpb.SearchAttributes{IndexedFields: fields},
		Memo:                     &commonpb.Memo{Fields: memo},
		UserMetadata:             r.described.GetExecutionConfig().GetUserMetadata(),
	}, nil
}

// archivedInput returns the input of the run with the mark that it is not to be run, and with what the archive run
// replaces. Fields that this version does not know stay.
func (l *TaskLog) archivedInput(ctx context.Context, r run) (_ *commonpb.Payloads, err error) {
	var input map[string]json.RawMessage
	if err = l.input(ctx, r.row, &input); err != nil {
		return nil, err
	}
	if input == nil {
		input = map[string]json.RawMessage{}
	}
	input["archived"] = json.RawMessage("true")
	if input["supersedes"], err = json.Marshal(r.row.RunID); err != nil {
		return nil, fmt.Errorf("encode the input: %w", err)
	}
	return l.config.DataConverter.ToPayloads(input)
}

// archivedFields returns the search attributes and the memo of the archive run.
func (l *TaskLog) archivedFields(r run) (fields, memo map[string]*commonpb.Payload, err error) {
	info := r.described.GetWorkflowExecutionInfo()
	updates := []temporal.SearchAttributeUpdate{
		attribute.Status.ValueSet(string(task.Archived)),
		attribute.UpdatedAt.ValueSet(time.Now().UTC().Truncate(time.Millisecond)),
		attribute.Supersedes.ValueSet(r.row.RunID),
	}
	archiver, err := l.config.DataConverter.ToPayload(uuid.NewString())
	if err != nil {
		return nil, nil, fmt.Errorf("encode the memo: %w", err)
	}
	memo = map[string]*commonpb.Payload{memoArchiver: archiver}
	maps.Copy(memo, info.GetMemo().GetFields())
	if _, stored := memo[attribute.MemoReport]; !stored && r.row.Report != nil {
		// The report that readers see of a task that never started. From now on it is stored like any other.
		updates = append(updates, attribute.Report.ValueSet(attribute.Keyword(r.row.Report.Message)))
		report, err := l.config.DataConverter.ToPayload(r.row.Report)
		if err != nil {
			return nil, nil, fmt.Errorf("encode its report: %w", err)
		}
		memo[attribute.MemoReport] = report
	}
	fields = map[string]*commonpb.Payload{}
	for name, payload := range info.GetSearchAttributes().GetIndexedFields() {
		if !serversOwn(name) {
			fields[name] = payload
		}
	}
	for key, value := range temporal.NewSearchAttributes(updates...).GetUntypedValues() {
		payload, err := converter.GetDefaultDataConverter().ToPayload(value)
		if err != nil {
			return nil, nil, fmt.Errorf("encode search attribute %s: %w", key.GetName(), err)
		}
		payload.Metadata["type"] = []byte(key.GetValueType().String())
		fields[key.GetName()] = payload
	}
	return fields, memo, nil
}

// serversOwn reports whether the server alone may set the search attribute.
func serversOwn(name string) bool { return name == "BuildIds" || strings.HasPrefix(name, "Temporal") }
