package logbench

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/google/uuid"
	enumspb "go.temporal.io/api/enums/v1"

	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/workflows"
)

const (
	namespaceID = "32049b68-7872-4094-8e63-d0dd59896a83"
	owners      = 2000
	span        = 90 * 24 * time.Hour
	// bulk is how many tasks are enqueued at once, where several are.
	bulk = 8
)

// end is the moment at which the log is looked at: nothing in it is younger.
var end = time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)

// generator makes up a log. Each task follows from the seed and its number alone.
type generator struct {
	seed  uint64
	tasks int
}

// record is what Temporal's visibility holds of the last run of a task.
type record struct {
	task.Task

	number     int
	runID      string
	started    time.Time
	closed     time.Time // zero: it is open
	execution  enumspb.WorkflowExecutionStatus
	status     task.Status // the attribute
	updated    time.Time
	took       *time.Duration // nil unless the workflow itself has recorded its end
	report     *task.Report
	attempts   int
	supersedes string
}

// random returns the numbers that decide about one thing.
func (g generator) random(purpose string, number int) *rand.Rand {
	h := g.seed
	for _, c := range []byte(purpose) {
		h = (h ^ uint64(c)) * 1099511628211
	}
	return rand.New(rand.NewPCG(h, uint64(number))) //nolint:gosec // it must be the same again
}

func (g generator) step() time.Duration { return span / time.Duration(g.tasks) }

// record makes up the task with a number from 0 to tasks-1; a higher number is younger, nearly always.
func (g generator) record(number int) record {
	r := g.random("task", number)
	r.Uint64() // the first numbers of neighbours are alike
	origin := r
	created := end.Add(-span).Add(time.Duration(number)*g.step() + time.Duration(r.Int64N(int64(g.step()))))
	if block := g.random("block", number/bulk); block.IntN(12) == 0 {
		origin = block
		created = end.Add(-span).Add(time.Duration(number/bulk*bulk) * g.step())
	}
	owner, k := skewedOwner(origin), drawKind(origin)
	rec := record{number: number, Task: task.Task{
		Action: k.action,
		Metadata: task.Metadata{
			Queue: k.queue, Owner: owner, Category: k.category, Master: r.IntN(50) == 0, CreatedAt: created.UTC().Truncate(time.Millisecond),
		},
	}}
	rec.ID = task.ID(newUUID(r, rec.CreatedAt))
	if r.IntN(20) == 0 {
		rec.ParentID = task.ID(newUUID(r, rec.CreatedAt.Add(-time.Minute)))
	}
	subject := []string{word(r), word(r)}
	rec.Label = fmt.Sprintf("%s %s %s %d", k.verb, subject[0], subject[1], r.IntN(100_000))
	rec.Parameters = parameters(r, subject)
	rec.runID = newUUID(r, rec.CreatedAt)
	rec.started = rec.CreatedAt.Add(time.Duration(2+r.IntN(20)) * time.Millisecond)
	g.finish(&rec, k, r)
	return rec
}

// finish decides how far the task is.
func (g generator) finish(rec *record, k kind, r *rand.Rand) {
	took := time.Duration(float64(k.median) * math.Exp(0.9*r.NormFloat64())).Truncate(time.Millisecond)
	rec.updated = rec.CreatedAt.Add(took)
	if g.tasks-rec.number <= max(g.tasks/200, 5) && r.IntN(10) > 0 {
		rec.open(r)
		return
	}
	old := end.Sub(rec.CreatedAt) > 7*24*time.Hour
	switch chance := r.IntN(1000); {
	case chance < 45:
		rec.end(task.Failed, enumspb.WORKFLOW_EXECUTION_STATUS_FAILED, rec.ran(task.Error("%s", failure(r))))
	case chance < 50: // its worker was lost for good
		rec.status, rec.execution = task.Running, enumspb.WORKFLOW_EXECUTION_STATUS_TIMED_OUT
		rec.closed = rec.updated.Add(time.Hour)
	case chance < 58: // terminated with Temporal's own tools before it began
		rec.status, rec.execution, rec.updated = task.Enqueued, enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED, rec.CreatedAt
		rec.closed = rec.started.Add(took)
	case chance < 62: // and while it ran
		rec.status, rec.execution = task.Running, enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED
		rec.closed = rec.updated.Add(took)
	case chance < 70:
		rec.end(task.Cancelled, enumspb.WORKFLOW_EXECUTION_STATUS_CANCELED, workflows.NotProcessed(rec.ID))
	case chance < 130 && old:
		rec.end(task.Archived, enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED, rec.ran(success(k, r)))
		rec.supersedes, rec.runID = rec.runID, newUUID(r, rec.updated)
		rec.started = rec.updated.Add(time.Duration(r.Int64N(int64(5 * 24 * time.Hour)))).Truncate(time.Millisecond)
		rec.updated, rec.closed = rec.started, rec.started.Add(8*time.Millisecond)
	default:
		rec.end(task.Completed, enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED, rec.ran(success(k, r)))
	}
	if k.queue == "batch" && rec.report != nil {
		rec.attempts = 1 + r.IntN(20)/19
	}
}

func (rec *record) open(r *rand.Rand) {
	rec.execution = enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING
	rec.status = []task.Status{
		task.Enqueued, task.Enqueued, task.Enqueued, task.Enqueued, task.Running, task.Running, task.Running, task.Dequeued, task.ChildRunning,
	}[r.IntN(9)]
	switch rec.status {
	case task.Enqueued:
		rec.updated = rec.CreatedAt
	case task.ChildRunning:
		report := rec.ran(task.Success("waits for its children"))
		rec.report = &report
	}
}

// end is an end that the workflow itself has recorded.
func (rec *record) end(status task.Status, execution enumspb.WorkflowExecutionStatus, report task.Report) {
	rec.status, rec.execution, rec.report = status, execution, &report
	rec.took = new(rec.updated.Sub(rec.CreatedAt))
	rec.closed = rec.updated.Add(5 * time.Millisecond)
}

// ran is what the workflow makes of an action's report.
func (rec *record) ran(report task.Report) task.Report {
	return task.Info("Running task %s", rec.Action).Add(report)
}

func success(k kind, r *rand.Rand) task.Report {
	rows := r.IntN(20_000)
	switch k.category {
	case task.CategoryExport:
		return task.Success("%d rows written", rows).WithData(fmt.Sprintf("%s-%d.csv", word(r), rows))
	case task.CategoryImport:
		return task.Success("%d rows read, %d written", rows, rows-r.IntN(rows+1)/50).
			Add(task.Warning("line %d: the %s is empty", r.IntN(rows+1), word(r)), task.Warning("line %d: no %s", r.IntN(rows+1), word(r)))
	case task.CategoryCreate:
		return task.Success("created %s %s", word(r), word(r)).WithData(map[string]any{"uriResource": fmt.Sprintf("/%s/%d", word(r), rows)})
	}
	return task.Success("done: %s", word(r))
}

func failure(r *rand.Rand) string {
	message := failures[r.IntN(len(failures))]
	if strings.Contains(message, "%d") {
		return fmt.Sprintf(message, r.IntN(5000))
	}
	return message
}

func parameters(r *rand.Rand, subject []string) json.RawMessage {
	var b strings.Builder
	fmt.Fprintf(&b, `{"%s":"%s-%06d","%s":%d`, subject[0], strings.ToUpper(subject[0][:3]), r.IntN(1_000_000), word(r), r.IntN(1000))
	for i := range r.IntN(6) {
		fmt.Fprintf(&b, `,"%s%d":"%s %s"`, word(r), i, word(r), word(r))
	}
	b.WriteByte('}')
	return json.RawMessage(b.String())
}

// skewed is below n; the least numbers are by far the most frequent.
func skewed(r *rand.Rand, n int) int { return int(math.Pow(r.Float64(), 3) * float64(n)) }

func word(r *rand.Rand) string { return words[skewed(r, len(words))] }

// skewedOwner is empty for the tasks of nobody.
func skewedOwner(r *rand.Rand) string {
	if r.IntN(10) == 0 {
		return ""
	}
	return ownerName(skewed(r, owners))
}

func ownerName(n int) string { return fmt.Sprintf("user-%04d", n) }

var weights = func() (sum int) {
	for _, k := range kinds {
		sum += k.weight
	}
	return sum
}()

func drawKind(r *rand.Rand) kind {
	n := r.IntN(weights)
	for _, k := range kinds {
		if n -= k.weight; n < 0 {
			return k
		}
	}
	panic("logbench: the weights do not add up") // cannot be
}

// newUUID is of version 7, as those of tasks and runs are.
func newUUID(r *rand.Rand, at time.Time) string {
	var id uuid.UUID
	high, low := uint64(at.UnixMilli())<<16|r.Uint64()&0xffff, r.Uint64()
	for i := range 8 {
		id[i], id[8+i] = byte(high>>(56-8*i)), byte(low>>(56-8*i)) //nolint:gosec // the lowest byte is meant
	}
	id[6], id[8] = id[6]&0x0f|0x70, id[8]&0x3f|0x80
	return id.String()
}
