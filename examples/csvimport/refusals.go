package csvimport

import (
	"context"
	"crypto/sha256"
	"encoding/csv"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"gocloud.dev/blob"

	"github.com/distributed-task-queue/taskqueue/activities"
	"github.com/distributed-task-queue/taskqueue/task"
)

// refusal is a line that was not imported.
type refusal struct {
	Line   int    `json:"line"`
	Reason string `json:"reason"`
}

// maxReasonBytes bounds the report: a reason quotes the field, which may be as long as a line.
const maxReasonBytes = 200

// refusals are written to a file for download; the first are kept for the report.
type refusals struct {
	name  string // of the file
	first []refusal
	max   int // length of first
	count int

	blob  *blob.Writer
	csv   *csv.Writer
	abort context.CancelFunc
}

func newRefusals(ctx context.Context, files *blob.Bucket, maxFirst int) (*refusals, error) {
	r := &refusals{name: fileName(activities.TaskID(ctx)), max: maxFirst}
	ctx, r.abort = context.WithCancel(ctx)
	var err error
	r.blob, err = files.NewWriter(ctx, r.name, &blob.WriterOptions{ContentType: "text/csv; charset=utf-8"})
	if err != nil {
		r.abort()
		return nil, fmt.Errorf("file of refused rows: %w", err)
	}
	r.csv = csv.NewWriter(r.blob)
	if err := r.csv.Write([]string{"line", "reason", "row"}); err != nil {
		r.discard()
		return nil, fmt.Errorf("file of refused rows: %w", err)
	}
	return r, nil
}

var safeID = regexp.MustCompile(`^[A-Za-z0-9_-]{1,100}$`)

// fileName returns a name that is the task's own: one that runs again replaces its file. Ids may have any
// characters and 255 of them, names of files may not. The id is empty outside of a task.
func fileName(id task.ID) string {
	if id == "" {
		id = task.NewID()
	}
	part := string(id)
	if !safeID.MatchString(part) {
		part = fmt.Sprintf("%x", sha256.Sum256([]byte(part)))
	}
	return "csv-import-" + part + "-refused.csv"
}

func (r *refusals) add(wrong *rowError) error {
	r.count++
	reason := wrong.reason.Error()
	if len(reason) > maxReasonBytes {
		reason = reason[:maxReasonBytes] + "…"
	}
	reason = strings.ToValidUTF8(reason, "\uFFFD")
	if len(r.first) < r.max {
		r.first = append(r.first, refusal{wrong.line, reason})
	}
	if err := r.csv.Write([]string{strconv.Itoa(wrong.line), reason, strings.ToValidUTF8(wrong.text, "\uFFFD")}); err != nil {
		return fmt.Errorf("file of refused rows: %w", err)
	}
	return nil
}

// save makes the file appear.
func (r *refusals) save() error {
	defer r.abort()
	r.csv.Flush()
	if err := r.csv.Error(); err != nil {
		r.discard()
		return fmt.Errorf("file of refused rows: %w", err)
	}
	if err := r.blob.Close(); err != nil {
		return fmt.Errorf("file of refused rows: %w", err)
	}
	return nil
}

// discard makes the file never appear.
func (r *refusals) discard() {
	r.abort()
	_ = r.blob.Close() // reports that it was aborted
}

// warnings returns the first refusals as reports.
func (r *refusals) warnings() []task.Report {
	reports := make([]task.Report, 0, len(r.first)+1)
	for _, one := range r.first {
		reports = append(reports, task.Warning("line %d was refused: %s", one.Line, one.Reason).WithData(one))
	}
	if more := r.count - len(r.first); more > 0 {
		reports = append(reports, task.Warning("%d more lines were refused", more))
	}
	return reports
}
