package activities

import (
	"encoding/json"
	"fmt"

	"go.temporal.io/sdk/temporal"

	"github.com/distributed-task-queue/taskqueue/task"
)

// MaxReportSize is how many bytes a report may have as JSON. It is kept twice, in the
// workflow's memo and in its result, which must fit into one message to the server.
const MaxReportSize = 1 << 20

// fit returns the report, cut to its root if it is too large to be kept.
func fit(report task.Report) (*task.Report, error) {
	encoded, err := json.Marshal(report)
	if err != nil {
		return nil, temporal.NewNonRetryableApplicationError(
			fmt.Sprintf("the report cannot be written as JSON: %v", err), ErrorTypeReport, nil)
	}
	if len(encoded) <= MaxReportSize {
		return &report, nil
	}
	note := task.Warning
	if report.Failed() {
		note = task.Error
	}
	cut := task.Report{Type: report.Type, Message: task.Truncate(report.Message, MaxReportSize/2)}.
		Add(note("The report had %d bytes; its data and children were cut, as at most %d bytes are kept.", len(encoded), MaxReportSize))
	return &cut, nil
}
