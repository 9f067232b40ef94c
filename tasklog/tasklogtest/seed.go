package tasklogtest

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/distributed-task-queue/taskqueue/internal/attribute"
	"github.com/distributed-task-queue/taskqueue/internal/temporaltest"
	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/tasklog"
)

// ending is how the execution of a seeded task ends.
type ending int

const (
	staysOpen ending = iota
	completes
	fails
	isCanceled
	isTerminated
	timesOut
	continuesAsNew // once, and then stays open
)

// spec says what to seed. What is left out has a plain value.
type spec struct {
	name       string // the id without the test's prefix
	action     string
	label      string
	owner      string
	category   task.Category
	parent     string
	master     bool
	parameters string
	queue      int // which of the queues
	created    time.Time
	bare       bool // has no search attributes at all, as if started by hand

	// What the workflow writes; nothing if the status is empty.
	status  string
	report  *task.Report
	updated time.Time
	took    time.Duration // written with the status if it is not 0

	ending    ending
	effective task.Status // what the status must be in the end
}

// epoch is when the seeded tasks begin. It has a fraction with zeros at its end, which some stores leave out.
var epoch = time.Date(2026, 3, 1, 12, 0, 0, 120_000_000, time.UTC)

func after(d time.Duration) time.Time { return epoch.Add(d) }

var specs = []spec{
	{name: "open", label: "waits", owner: "alice", effective: task.Enqueued},
	{name: "open-nobody", label: "waits too", queue: 1, effective: task.Enqueued, created: after(0)},
	{name: "open-same-time", label: "waits", owner: "bob", effective: task.Enqueued, created: after(0), master: true},
	{name: "dequeued", owner: "alice", status: "dequeued", updated: after(time.Second), effective: task.Dequeued, created: after(1)},
	{name: "running", owner: "alice", status: "running", updated: after(2 * time.Second), effective: task.Running, label: "runs", category: task.CategoryImport},
	{name: "child-running", owner: "bob", status: "child_running", updated: after(time.Minute), effective: task.ChildRunning, queue: 2},
	{name: "completed", owner: "alice", status: "completed", ending: completes, took: 2 * time.Second, effective: task.Completed, updated: after(time.Hour), category: task.CategoryExport,
		report: new(task.Info("Running task x").Add(task.Success("42 rows").WithData("out.csv")))},
	{name: "completed-2", owner: "bob", status: "completed", ending: completes, took: 3500 * time.Millisecond, effective: task.Completed, updated: after(time.Hour + time.Millisecond), label: "100% sure",
		report: new(task.Success("done")), parameters: `{"rows":[1,2,3],"name":"a_b"}`},
	{name: "completed-nobody", status: "completed", ending: completes, took: 100 * time.Millisecond, effective: task.Completed, updated: after(-time.Hour), created: after(-24 * time.Hour), action: "Report.Daily",
		report: new(task.Warning("disk at 100%"))},
	{name: "failed", owner: "alice", status: "failed", ending: fails, took: 61 * time.Second, effective: task.Failed, updated: after(2 * time.Hour), label: "breaks", action: "report.daily",
		report: new(task.Error("it's broken: \"x\" \\ y"))},
	{name: "failed-2", owner: "bob", status: "failed", ending: fails, took: time.Millisecond, effective: task.Failed, updated: after(3 * time.Hour), queue: 1, parent: "completed",
		report: new(task.Error("%s").Add(task.Error("deeper")))},
	{name: "failed-silently", owner: "carol", ending: fails, effective: task.Failed},
	{name: "archived", owner: "alice", status: "archived", ending: completes, took: 999 * time.Millisecond, effective: task.Archived, updated: after(48 * time.Hour), report: new(task.Info("old"))},
	{name: "cancelled", owner: "alice", status: "cancelled", ending: completes, took: 2 * time.Hour, effective: task.Cancelled, updated: after(time.Minute)},
	{name: "terminated", owner: "alice", label: "stopped by ops", ending: isTerminated, effective: task.Cancelled},
	{name: "canceled", owner: "bob", ending: isCanceled, effective: task.Cancelled, parent: "open"},
	{name: "timed-out", owner: "alice", ending: timesOut, effective: task.Failed, queue: 2},
	{name: "continued", owner: "alice", label: "goes on", ending: continuesAsNew, effective: task.Enqueued},
	{name: "damaged", owner: "carol", status: "bogus", updated: after(time.Minute), effective: task.Unknown},
	{name: "bare", bare: true, effective: task.Enqueued},
	{name: "bare-done", bare: true, ending: completes, status: "completed", updated: after(time.Minute), effective: task.Completed, queue: 1},
	{name: `o'dd "id" \ %_`, owner: `o'owner`, label: `o'label "q" \ %_`, effective: task.Enqueued, action: `o'action`},
	{name: "label-apostrophe", label: `it's`, owner: `'quoted'`, effective: task.Enqueued},
	{name: "label-apostrophes", label: `''`, owner: `'`, effective: task.Enqueued},
	{name: "label-quote", label: `say "hi"`, effective: task.Enqueued, owner: `"`},
	{name: "label-backslash", label: `C:\dir\`, effective: task.Enqueued, owner: `\`},
	{name: "label-backslashes", label: `\\server\_x`, effective: task.Enqueued},
	{name: "label-percent", label: `100%`, effective: task.Enqueued, owner: "%"},
	{name: "label-underscore", label: `a_b`, effective: task.Enqueued, owner: "_"},
	{name: "label-like", label: `axb`, effective: task.Enqueued},
	{name: "label-upper", label: `AXB`, effective: task.Enqueued, owner: "ALICE"},
	{name: "label-unicode", label: `Größe ÄÖ 日本語 🚀 é`, effective: task.Enqueued, owner: "Änne"},
	{name: "label-unicode-lower", label: `größe äö 日本語 🚀 é`, effective: task.Enqueued, owner: "änne"},
	{name: "label-long", label: strings.Repeat("ä", 254) + "🚀", effective: task.Enqueued, owner: strings.Repeat("o", 255)},
	{name: "label-lines", label: "two\nlines\tand a tab", effective: task.Enqueued},
	{name: "label-space", label: " ", effective: task.Enqueued, owner: " x "},
	{name: "label-question", label: "why? $1 :name @p ?", effective: task.Enqueued},
	{name: "label-markup", label: "a,b;c(d)[e]{f}<g>*?~&|!^`", effective: task.Enqueued},
	{name: "label-sql", label: "x' OR '1'='1", effective: task.Enqueued, owner: "'; DROP TABLE executions_visibility; --"},
	{name: "parameters-long", parameters: `{"text":"` + strings.Repeat("x", 300) + `"}`, effective: task.Enqueued, created: after(3 * time.Millisecond)},
	{name: "time-whole-second", created: epoch.Truncate(time.Second), effective: task.Enqueued},
	{name: "time-next-millisecond", created: after(time.Millisecond), effective: task.Enqueued},
	{name: "time-previous-millisecond", created: after(-time.Millisecond), effective: task.Enqueued},
	{name: "text-label", label: "Quarterly invoices, no. 77-B: Zoë & Renée", effective: task.Enqueued},
	{name: "text-parameters", parameters: `{"customer":"Müller","nested":{"deep":["zeppelin",4711],"invoices":2.5}}`, effective: task.Enqueued, owner: "dora"},
	{name: "text-words", label: "INVOICE invoiced_twice e-mail ÉCLAIR naïve ΟΔΟΣ İstanbul", effective: task.Enqueued, owner: "dora"},
	{name: "text-operators", label: "NEAR(a AND b) OR NOT Text01:c*", effective: task.Enqueued},
	{name: "time-old", created: time.Date(1999, 12, 31, 23, 59, 59, 999_000_000, time.UTC), effective: task.Enqueued},
}

// queueCount is how many queues the tasks are spread over.
const queueCount = 3

type seeded struct {
	queues  []string
	records []record
}

// seed starts the tasks and brings each to its end.
func seed(t *testing.T, c client.Client, prefix string) seeded {
	t.Helper()
	var s seeded
	scripts := map[string]spec{}
	for i := range queueCount {
		s.queues = append(s.queues, prefix+"-queue-"+string(rune('a'+i)))
	}
	for _, sp := range specs {
		scripts[prefix+sp.name] = sp
	}
	for _, queue := range s.queues {
		runWorker(t, c, queue, scripts)
	}
	for i, sp := range specs {
		seededTask := sp.task(prefix, s.queues, i)
		sp.start(t, c, seededTask)
		s.records = append(s.records, sp.record(seededTask))
	}
	// What is not a task must not be listed, whatever attributes it has.
	other := specs[0].task(prefix+"other-", s.queues, 0)
	_, err := c.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{
		ID: string(other.ID), TaskQueue: other.Queue, TypedSearchAttributes: attribute.ForNew(other),
	}, "Other", other)
	require.NoError(t, err)

	t.Cleanup(func() {
		for id, sp := range maps.All(scripts) {
			if sp.ending == staysOpen || sp.ending == continuesAsNew {
				require.NoError(t, terminate(c, id))
			}
		}
		require.NoError(t, terminate(c, string(other.ID)))
	})
	return s
}

// runWorker runs the seeds' workflow, which has the type of tasks and does what its spec says.
func runWorker(t *testing.T, c client.Client, queue string, scripts map[string]spec) {
	t.Helper()
	w := worker.New(c, queue, worker.Options{WorkerStopTimeout: time.Second})
	w.RegisterWorkflowWithOptions(func(ctx workflow.Context, in task.Task) (*task.Report, error) {
		sp, ok := scripts[workflow.GetInfo(ctx).WorkflowExecution.ID]
		if !ok {
			return nil, nil
		}
		return sp.run(ctx, in)
	}, workflow.RegisterOptions{Name: tasklog.WorkflowType})
	require.NoError(t, w.Start())
	t.Cleanup(w.Stop)
}

func (sp spec) task(prefix string, queues []string, i int) *task.Task {
	t := &task.Task{
		ID: task.ID(prefix + sp.name), Action: sp.action, Label: sp.label, Parameters: json.RawMessage(sp.parameters),
		Metadata: task.Metadata{
			Queue: queues[sp.queue], Owner: sp.owner, Category: sp.category, Master: sp.master, CreatedAt: sp.created,
		},
	}
	if sp.parent != "" {
		t.ParentID = task.ID(prefix + sp.parent)
	}
	if t.Action == "" {
		t.Action = []string{"import.csv", "mail.send", "Import.CSV"}[i%3]
	}
	if sp.parameters == "" {
		t.Parameters = task.EmptyParameters
	}
	if t.CreatedAt.IsZero() {
		t.CreatedAt = after(time.Duration(i) * time.Second)
	}
	t.CreatedAt = t.CreatedAt.Truncate(time.Millisecond)
	return t
}

// start starts the task, and ends it if that is done from outside.
func (sp spec) start(t *testing.T, c client.Client, seeded *task.Task) {
	t.Helper()
	options := client.StartWorkflowOptions{ID: string(seeded.ID), TaskQueue: seeded.Queue}
	if !sp.bare {
		options.TypedSearchAttributes = attribute.ForNew(seeded)
	}
	if sp.ending == timesOut {
		options.WorkflowExecutionTimeout = time.Second
	}
	run, err := c.ExecuteWorkflow(t.Context(), options, tasklog.WorkflowType, seeded)
	require.NoError(t, err)
	switch sp.ending {
	case isTerminated:
		require.NoError(t, c.TerminateWorkflow(t.Context(), run.GetID(), "", "a test"))
	case isCanceled:
		require.NoError(t, c.CancelWorkflow(t.Context(), run.GetID(), ""))
	}
}

// run is the workflow.
func (sp spec) run(ctx workflow.Context, in task.Task) (*task.Report, error) {
	if sp.ending == continuesAsNew && workflow.GetInfo(ctx).ContinuedExecutionRunID == "" {
		return nil, workflow.NewContinueAsNewError(ctx, tasklog.WorkflowType, in)
	}
	if sp.status != "" {
		err := workflow.UpsertTypedSearchAttributes(ctx, attribute.Status.ValueSet(sp.status), attribute.UpdatedAt.ValueSet(sp.updated))
		if err != nil {
			return nil, err
		}
	}
	if sp.took != 0 {
		if err := workflow.UpsertTypedSearchAttributes(ctx, attribute.Duration.ValueSet(sp.took.Milliseconds())); err != nil {
			return nil, err
		}
	}
	if sp.report != nil {
		err := workflow.UpsertTypedSearchAttributes(ctx, attribute.Report.ValueSet(attribute.Keyword(sp.report.Message)),
			attribute.Text.ValueSet(attribute.FullText(in.Label, sp.report.Messages(), string(in.Parameters))))
		if err != nil {
			return nil, err
		}
		if err := workflow.UpsertMemo(ctx, map[string]any{attribute.MemoReport: sp.report}); err != nil {
			return nil, err
		}
	}
	switch sp.ending {
	case completes:
		return sp.report, nil
	case fails:
		return nil, temporal.NewApplicationError("seeded to fail", "seed")
	}
	ctx.Done().Receive(ctx, nil)
	return nil, ctx.Err()
}

// record is what the log must say of the task, written out by hand.
func (sp spec) record(seeded *task.Task) record {
	r := record{
		tasklog.ID:           string(seeded.ID),
		tasklog.ParentID:     nil,
		tasklog.TaskName:     seeded.Action,
		tasklog.Status:       string(sp.effective),
		tasklog.MasterStatus: seeded.Master,
		tasklog.Report:       nil,
		tasklog.Parameters:   string(seeded.Parameters),
		tasklog.Label:        seeded.Label,
		tasklog.Owner:        nil,
		tasklog.CreatedAt:    seeded.CreatedAt,
		tasklog.UpdatedAt:    seeded.CreatedAt,
		tasklog.Category:     "unknown",
		tasklog.Queue:        seeded.Queue,
	}
	if seeded.ParentID != "" {
		r[tasklog.ParentID] = string(seeded.ParentID)
	}
	if seeded.Owner != "" {
		r[tasklog.Owner] = seeded.Owner
	}
	if seeded.Category != "" {
		r[tasklog.Category] = string(seeded.Category)
	}
	if len(seeded.Parameters) > 255 {
		r[tasklog.Parameters] = string(seeded.Parameters[:255]) // which are ASCII
	}
	if sp.bare {
		r[tasklog.TaskName], r[tasklog.Parameters], r[tasklog.Label] = "", "", ""
		r[tasklog.CreatedAt], r[tasklog.UpdatedAt] = nil, nil
	}
	r[allText] = sp.allText(r)
	if sp.took != 0 {
		r[duration] = sp.took
	}
	if sp.status != "" {
		r[tasklog.UpdatedAt] = sp.updated
	}
	if sp.report != nil {
		r[tasklog.Report] = sp.report.Message
		r[wholeReport] = *sp.report
	}
	if sp.effective == task.Cancelled && sp.status == "" {
		r[wholeReport] = task.Info("Task %s has been cancelled, message was not processed.", seeded.ID)
	}
	return r
}

// allText is what full-text search looks through.
func (sp spec) allText(r record) string {
	texts := []string{r[tasklog.Label].(string)}
	if sp.report != nil {
		texts = append(texts, sp.report.Messages()...)
	}
	if !sp.bare {
		texts = append(texts, sp.parameters) // JSON without escapes, true, false and null
	}
	return strings.Join(texts, " ")
}

// uniqueTask returns a task that is in none of the specs.
func uniqueTask(t *testing.T, queues []string) *task.Task {
	t.Helper()
	return &task.Task{
		ID: task.ID(temporaltest.UniqueName(t)), Action: "import.csv", Parameters: task.EmptyParameters,
		Metadata: task.Metadata{Queue: queues[0], Owner: temporaltest.UniqueName(t), CreatedAt: epoch},
	}
}

// names returns the ids of the records without the prefix of the test.
func (b *bench) names(ids []task.ID) []string {
	prefix := strings.TrimSuffix(b.queues[0], "-queue-a")
	names := make([]string, len(ids))
	for i, id := range ids {
		names[i] = strings.TrimPrefix(string(id), prefix)
	}
	return names
}

func sorted(names []string) []string { return slices.Sorted(slices.Values(names)) }

// archiveAttributes are the attributes of the run that archives a task: those of the task, and the run that
// it replaces. The label tells the runs apart.
func archiveAttributes(t *task.Task, run string) temporal.SearchAttributes {
	archived := *t
	archived.Label = "archived"
	return temporal.NewSearchAttributes(attribute.ForNew(&archived).Copy(), attribute.Supersedes.ValueSet(run))
}
