package logbench

import (
	"cmp"
	"fmt"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
	"google.golang.org/protobuf/proto"

	"github.com/distributed-task-queue/taskqueue/internal/attribute"
	"github.com/distributed-task-queue/taskqueue/task"
)

// attributes are the task's search attributes, by name.
func (rec *record) attributes() map[string]any {
	var messages []string
	fields := map[string]any{
		attribute.Name.GetName():       rec.Action,
		attribute.Label.GetName():      rec.Label,
		attribute.Status.GetName():     string(rec.status),
		attribute.Category.GetName():   string(cmp.Or(rec.Category, task.CategoryUnknown)),
		attribute.Parameters.GetName(): attribute.Keyword(string(rec.Parameters)),
		attribute.Master.GetName():     rec.Master,
		attribute.CreatedAt.GetName():  rec.CreatedAt,
		attribute.UpdatedAt.GetName():  rec.updated,
	}
	if rec.report != nil {
		messages = rec.report.Messages()
		fields[attribute.Report.GetName()] = attribute.Keyword(messages[min(1, len(messages)-1)])
	}
	fields[attribute.Text.GetName()] = attribute.FullText(rec.Label, messages, string(rec.Parameters))
	for name, value := range map[string]string{
		attribute.Owner.GetName(): rec.Owner, attribute.Parent.GetName(): string(rec.ParentID), attribute.Supersedes.GetName(): rec.supersedes,
	} {
		if value != "" {
			fields[name] = value
		}
	}
	if rec.took != nil {
		fields[attribute.Duration.GetName()] = rec.took.Milliseconds()
	}
	return fields
}

// memo is the encoded memo, nil if there is none.
func (rec *record) memo() ([]byte, error) {
	if rec.report == nil {
		return nil, nil
	}
	fields := map[string]any{attribute.MemoReport: rec.report}
	if rec.attempts > 0 {
		fields[attribute.MemoAttempts] = rec.attempts
	}
	memo := &commonpb.Memo{Fields: map[string]*commonpb.Payload{}}
	for name, value := range fields {
		payload, err := converter.GetDefaultDataConverter().ToPayload(value)
		if err != nil {
			return nil, fmt.Errorf("encode the memo of task %q: %w", rec.ID, err)
		}
		memo.Fields[name] = payload
	}
	return proto.MarshalOptions{Deterministic: true}.Marshal(memo)
}
