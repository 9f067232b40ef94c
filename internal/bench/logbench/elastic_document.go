package logbench

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"strconv"

	enumspb "go.temporal.io/api/enums/v1"

	"github.com/distributed-task-queue/taskqueue/tasklog"
)

// document is what Temporal's own store of Elasticsearch makes of a run.
func (rec *record) document() (map[string]any, error) {
	doc := map[string]any{
		"VisibilityTaskKey": "1~" + strconv.Itoa(rec.number),
		"NamespaceId":       namespaceID,
		"WorkflowId":        rec.ID,
		"RunId":             rec.runID,
		"WorkflowType":      tasklog.WorkflowType,
		"StartTime":         rec.started,
		"ExecutionTime":     rec.started,
		"ExecutionStatus":   rec.execution.String(),
		"TaskQueue":         rec.Queue,
		"RootWorkflowId":    rec.ID,
		"RootRunId":         rec.runID,
	}
	memo, err := rec.memo()
	if err != nil {
		return nil, err
	}
	if len(memo) > 0 {
		doc["Memo"], doc["MemoEncoding"] = memo, enumspb.ENCODING_TYPE_PROTO3.String()
	}
	maps.Copy(doc, rec.attributes())
	if !rec.closed.IsZero() {
		doc["CloseTime"] = rec.closed
		doc["ExecutionDuration"] = rec.closed.Sub(rec.started)
		doc["HistoryLength"] = historyLength
		doc["StateTransitionCount"] = stateTransitions
		doc["HistorySizeBytes"] = historyBytes + len(rec.Parameters)
	}
	return doc, nil
}

// What a task that has run leaves.
const (
	historyLength    = 14
	stateTransitions = 7
	historyBytes     = 3200
)

// addTo adds the lines of a bulk request. As Temporal does it, the store is told the version.
func (rec *record) addTo(body *bytes.Buffer) error {
	doc, err := rec.document()
	if err != nil {
		return err
	}
	encoded, err := json.Marshal(doc)
	if err != nil {
		return fmt.Errorf("encode task %q: %w", rec.ID, err)
	}
	fmt.Fprintf(body, `{"index":{"_id":"%s~%s","version":%d,"version_type":"external"}}`+"\n", rec.ID, rec.runID, rec.number+1)
	body.Write(encoded)
	body.WriteByte('\n')
	return nil
}
