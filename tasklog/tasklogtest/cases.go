package tasklogtest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/distributed-task-queue/taskqueue/internal/attribute"
	"github.com/distributed-task-queue/taskqueue/internal/temporaltest"
	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/tasklog"
)

// hostile are texts that would change the meaning of a query that they were put into as they are.
var hostile = []string{
	`'`, `''`, `' OR '1'='1`, `') OR ('1'='1`, `' OR 1=1 --`, `'; DROP TABLE executions_visibility; --`, `\`, `\'`, `\' OR 1=1 --`,
	`"`, `" OR ""="`, "`", `%`, `_`, `\%`, `%'`, `*`, `?`, `a*`, `{"match_all":{}}`, `alice' OR TaskOwner != 'x`, `x) OR (TaskOwner != 'x`,
	`$1`, `:name`, `@p`, `!`, `a!%`, `/*`, `*/`, `--`, `#`, ";", "\n", "\t", "\r\n", "‘", "ʼ", "＇", "%%", "%s%d%!", "<script>", "../..", "\x7f",
}

// testEntities compares everything that is known of every task.
func (b *bench) testEntities(t *testing.T) {
	t.Parallel()
	page, err := b.Engine.Search(t.Context(), b.filter().SortBy(tasklog.ID))
	require.NoError(t, err)
	var want tasklog.Collection
	for _, id := range b.answer(question{sortBy: tasklog.ID, limit: -1}) {
		want = append(want, b.entity(id))
	}
	require.Equal(t, want, page.Tasks)
}

func (b *bench) entity(id task.ID) tasklog.Entity {
	text := func(v any) string { s, _ := v.(string); return s }
	for _, r := range b.records {
		if r.id() != id {
			continue
		}
		e := tasklog.Entity{
			ID: id, ParentID: task.ID(text(r[tasklog.ParentID])), TaskName: text(r[tasklog.TaskName]), Parameters: text(r[tasklog.Parameters]),
			Label: text(r[tasklog.Label]), Status: task.Status(text(r[tasklog.Status])), MasterStatus: r[tasklog.MasterStatus].(bool),
			Owner: text(r[tasklog.Owner]), CreatedAt: r.time(tasklog.CreatedAt), UpdatedAt: r.time(tasklog.UpdatedAt),
			Category: task.Category(text(r[tasklog.Category])), Queue: text(r[tasklog.Queue]),
		}
		if report, ok := r[wholeReport].(task.Report); ok {
			e.Report = &report
		}
		return e
	}
	return tasklog.Entity{}
}

// testOperators asks every column with every operator for every value that it has, and some that it has not.
func (b *bench) testOperators(t *testing.T) {
	t.Parallel()
	for c, column := range tasklog.Columns() {
		for o, op := range tasklog.Operators() {
			if !op.Takes(column.Kind()) {
				continue
			}
			t.Run(fmt.Sprintf("%s %s", column, op), func(t *testing.T) {
				t.Parallel()
				values := b.values(column, op)
				for i, value := range values {
					if !b.asks(c + o + i) {
						continue
					}
					if op.List() {
						value = []any{value, values[(i+1)%len(values)], values[(i+5)%len(values)]}
					}
					b.check(t, question{conditions: []condition{{column, op, value}}, sortBy: tasklog.ID, limit: -1})
				}
				if op.List() {
					b.check(t, question{conditions: []condition{{column, op, values}}, sortBy: tasklog.ID, limit: -1})
					b.check(t, question{conditions: []condition{{column, op, []any{}}}, sortBy: tasklog.ID, limit: -1})
				}
			})
		}
	}
}

// values returns what to compare the column with.
func (b *bench) values(column tasklog.Column, op tasklog.Operator) []any {
	seen := map[any]bool{}
	var values []any
	add := func(v any) {
		if v == nil || seen[v] {
			return
		}
		seen[v] = true
		if s, ok := v.(string); ok && column == tasklog.Status && op != tasklog.Like && op != tasklog.NotLike {
			if _, err := task.ParseStatus(s); err != nil {
				return
			}
		}
		values = append(values, v)
	}
	for _, r := range b.records {
		add(r[column])
	}
	switch column.Kind() {
	case tasklog.KindText:
		for _, s := range []string{"", "a", "m", "alice", "Alice", "a%", "%a%", "%A%", "_", "%_%", `%\%%`, `%\_%`, `\`, `%\`, "%é%", "%🚀", "%Ö%", "ä%", "%%", "z", "unknown", "e%", "%ed"} {
			add(s)
		}
	case tasklog.KindTime:
		add(epoch)
		add(epoch.Add(time.Nanosecond * 500_000).Truncate(time.Millisecond))
		add(time.Date(1969, 1, 1, 0, 0, 0, 0, time.UTC))
		add(time.Date(2500, 1, 1, 0, 0, 0, 0, time.UTC))
	case tasklog.KindBool:
		add(true)
		add(false)
	}
	return values
}

// ask returns the filter of a question.
func (b *bench) ask(t *testing.T, q question) *tasklog.Filter {
	t.Helper()
	f := b.filter()
	for _, c := range q.conditions {
		require.NoError(t, f.Add(c.column, c.op, c.value), "%s", q)
	}
	if q.text != "" {
		f.Text(q.text)
	}
	if q.sortBy != "" {
		f.SortBy(q.sortBy)
	}
	if q.descending {
		f.SortOrder(tasklog.Descending)
	}
	if q.limit >= 0 {
		f.Limit(q.limit)
	}
	return f.Offset(q.offset)
}

// check asks the engine and the oracle.
func (b *bench) check(t *testing.T, q question) {
	t.Helper()
	f := b.ask(t, q)
	page, err := b.Engine.Search(t.Context(), f.WithTotal())
	require.NoError(t, err, "%s", q)
	require.Equal(t, b.answer(q), idsOf(page.Tasks), "%s", q)
	total := int64(len(b.all(q)))
	require.Equal(t, total, page.Total, "%s", q)
	// Engines count for a total as for a count, so it will do to ask for some.
	if len(q.String())%5 == 0 {
		require.Equal(t, total, b.count(t, f), "%s", q)
	}
}

// testCases has answers that are written out, so that oracle and engine cannot be wrong together.
func (b *bench) testCases(t *testing.T) {
	t.Parallel()
	id := func(name string) string { return strings.TrimSuffix(b.queues[0], "-queue-a") + name }
	for _, tt := range []struct {
		name string
		f    *tasklog.Filter
		want []string
	}{
		{"status is effective", b.filter().Eq(tasklog.Status, task.Cancelled), []string{"canceled", "cancelled", "terminated"}},
		{"a failed execution is a failed task", b.filter().Eq(tasklog.Status, "failed"), []string{"failed", "failed-2", "failed-silently", "timed-out"}},
		{"status in", b.filter().In(tasklog.Status, []task.Status{task.Running, task.Archived}), []string{"archived", "running"}},
		{"status like", b.filter().Like(tasklog.Status, "%running"), []string{"child-running", "running"}},
		{"damaged status", b.filter().Like(tasklog.Status, "unk%"), []string{"damaged"}},
		{"contradiction", b.filter().Eq(tasklog.Status, "running").Eq(tasklog.Status, "failed"), nil},
		{"percent is a wildcard", b.filter().Like(tasklog.Label, "100%"), []string{"completed-2", "label-percent"}},
		{"percent escaped", b.filter().Like(tasklog.Label, `100\%`), []string{"label-percent"}},
		{"underscore is a wildcard", b.filter().Like(tasklog.Label, "a_b"), []string{"label-like", "label-underscore", "label-upper"}},
		{"underscore escaped", b.filter().Like(tasklog.Label, `A\_B`), []string{"label-underscore"}},
		{"backslash at the end", b.filter().Like(tasklog.Label, `C:\\dir\`), []string{"label-backslash"}},
		{"case folds in ASCII only", b.filter().Like(tasklog.Label, "GR_SSE%").Like(tasklog.Label, "%ä%"), nil},
		{"unicode", b.filter().Like(tasklog.Label, "GRö_E Ä%"), []string{"label-unicode"}},
		{"eq minds case", b.filter().Eq(tasklog.Owner, "ALICE"), []string{"label-upper"}},
		{"apostrophes", b.filter().Eq(tasklog.Owner, "'quoted'"), []string{"label-apostrophe"}},
		{"injected", b.filter().Eq(tasklog.Label, "x' OR '1'='1"), []string{"label-sql"}},
		{"id", b.filter().Eq(tasklog.ID, id(`o'dd "id" \ %_`)), []string{`o'dd "id" \ %_`}},
		{"parent", b.filter().Neq(tasklog.ParentID, id("open")), []string{"failed-2"}},
		{"report", b.filter().Eq(tasklog.Report, "it's broken: \"x\" \\ y"), []string{"failed"}},
		{"null is not like", b.filter().NotLike(tasklog.Report, "%broken%"), []string{"archived", "completed", "completed-2", "completed-nobody", "failed-2"}},
		{"master", b.filter().Eq(tasklog.MasterStatus, true), []string{"open-same-time"}},
		{"category", b.filter().NotIn(tasklog.Category, []string{"unknown", "export"}), []string{"running"}},
		{"queue", b.filter().Eq(tasklog.Queue, b.queues[2]), []string{"child-running", "timed-out"}},
		{"millisecond", b.filter().Eq(tasklog.CreatedAt, "2026-03-01T13:00:00.121+01:00"), []string{"time-next-millisecond"}},
		{"before a millisecond", b.filter().Lt(tasklog.CreatedAt, epoch).Gte(tasklog.CreatedAt, "2026-03-01 12:00:00"), []string{"open", "time-previous-millisecond", "time-whole-second"}[1:]},
		{"date", b.filter().Lt(tasklog.CreatedAt, "2000-01-01"), []string{"time-old"}},
		{"seconds", b.filter().Eq(tasklog.CreatedAt, epoch.Unix()), []string{"time-whole-second"}},
		{"no time", b.filter().Like(tasklog.ID, "%bare%").Gt(tasklog.CreatedAt, "1980-01-01"), nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			require.ElementsMatch(t, tt.want, b.names(b.search(t, tt.f)))
			require.Equal(t, int64(len(tt.want)), b.count(t, tt.f))
		})
	}
}

func (b *bench) testSorting(t *testing.T) {
	t.Parallel()
	for _, column := range tasklog.Columns() {
		for _, descending := range []bool{false, true} {
			b.check(t, question{sortBy: column, descending: descending, limit: -1})
			b.check(t, question{sortBy: column, descending: descending, limit: 7, offset: 3})
		}
	}
	// The default.
	require.Equal(t, b.answer(question{sortBy: tasklog.CreatedAt, descending: true, limit: -1}), b.search(t, b.filter()))
	require.Equal(t, b.answer(question{sortBy: tasklog.CreatedAt, descending: true, limit: -1}), b.search(t, b.filter().SortOrder(tasklog.Ascending)))
}

func (b *bench) testPaging(t *testing.T) {
	t.Parallel()
	all := b.answer(question{sortBy: tasklog.Label, limit: -1})
	var paged []task.ID
	for offset := 0; offset < len(all)+5; offset += 5 {
		paged = append(paged, b.search(t, b.filter().SortBy(tasklog.Label).Limit(5).Offset(offset))...)
	}
	require.Equal(t, all, paged)
	require.Empty(t, b.search(t, b.filter().Limit(0)))
	require.Empty(t, b.search(t, b.filter().Limit(-3)))
	require.Empty(t, b.search(t, b.filter().Offset(len(all))))
	require.Len(t, b.search(t, b.filter().Offset(-3)), len(all))
	require.Len(t, b.search(t, b.filter().Offset(4)), len(all)-4)
	require.Len(t, b.search(t, b.filter().Limit(1_000_000)), len(all))
	require.Equal(t, int64(len(all)), b.count(t, b.filter().Limit(1).Offset(2)))
}

func (b *bench) testPresets(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		f    *tasklog.Filter
		want []string
	}{
		{"available", b.filter().AddAvailableFilters("alice", false, false),
			[]string{"completed", "continued", "dequeued", "failed", "open", "running", "timed-out"}},
		{"archived too", b.filter().AddAvailableFilters("alice", true, false),
			[]string{"archived", "completed", "continued", "dequeued", "failed", "open", "running", "timed-out"}},
		{"cancelled too", b.filter().AddAvailableFilters("alice", true, true),
			[]string{"archived", "cancelled", "completed", "continued", "dequeued", "failed", "open", "running", "terminated", "timed-out"}},
		{"ignored", b.filter().WithIgnoredTasks("import.csv", "mail.send").AddAvailableFilters("bob", false, false),
			[]string{"child-running", "open-same-time"}},
		{"for archived", b.filter().AvailableForArchived("alice"), []string{"completed", "failed", "timed-out"}},
		{"for cancelled", b.filter().AvailableForCancelled("bob"), []string{"open-same-time"}},
		{"super user", b.filter().AvailableForArchived(tasklog.SuperUser),
			[]string{"bare-done", "completed", "completed-2", "completed-nobody", "failed", "failed-2", "failed-silently", "timed-out"}},
		{"nobody has nothing", b.filter().AddAvailableFilters("", true, true), nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, sorted(tt.want), sorted(b.names(b.search(t, tt.f))))
		})
	}
}

func (b *bench) testDeselect(t *testing.T) {
	t.Parallel()
	f := b.filter().Eq(tasklog.Status, "completed").Eq(tasklog.Owner, "bob").SortBy(tasklog.Label)
	for _, c := range tasklog.Columns() {
		if c.Optional() {
			require.NoError(t, f.Deselect(c))
		}
	}
	page, err := b.Engine.Search(t.Context(), f)
	require.NoError(t, err)
	found := page.Tasks
	require.Len(t, found, 1)
	want := b.entity(found[0].ID)
	want.Parameters, want.Label, want.Owner, want.Category, want.Queue = "", "", "", "", ""
	want.CreatedAt, want.UpdatedAt = time.Time{}, time.Time{}
	require.Equal(t, want, found[0])
}

func (b *bench) testStats(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		f    *tasklog.Filter
		want tasklog.Stats
	}{
		{b.filter(), tasklog.Stats{Completed: 4, Failed: 5, InProgress: 3}},
		{b.filter().Limit(1).Offset(1), tasklog.Stats{Completed: 4, Failed: 5, InProgress: 3}},
		{b.filter().AddAvailableFilters("alice", false, false), tasklog.Stats{Completed: 1, Failed: 2, InProgress: 2}},
		{b.filter().Eq(tasklog.Owner, "nobody at all"), tasklog.Stats{}},
		{b.filter().In(tasklog.ID, []string{}), tasklog.Stats{}},
		{b.filter().Like(tasklog.TaskName, "REPORT.%"), tasklog.Stats{Completed: 1, Failed: 1}},
		{b.filter().Eq(tasklog.Status, task.Enqueued), tasklog.Stats{}},
	} {
		got, err := b.Engine.Stats(t.Context(), tt.f)
		require.NoError(t, err)
		require.Equal(t, tt.want, got)
	}
}

// testHostile asks for values that must stay values.
func (b *bench) testHostile(t *testing.T) {
	t.Parallel()
	asked := 0
	for _, column := range []tasklog.Column{tasklog.ID, tasklog.Owner, tasklog.Label, tasklog.Queue, tasklog.Report, tasklog.Category} {
		for _, text := range hostile {
			for _, op := range []tasklog.Operator{tasklog.Eq, tasklog.Neq, tasklog.Like, tasklog.NotLike, tasklog.Lt} {
				if asked++; !b.asks(asked) {
					continue
				}
				b.check(t, question{conditions: []condition{{column, op, text}}, sortBy: tasklog.ID, limit: -1})
			}
		}
		var all []any
		for _, text := range hostile {
			all = append(all, text)
		}
		for _, op := range []tasklog.Operator{tasklog.In, tasklog.NotIn} {
			b.check(t, question{conditions: []condition{{column, op, all}}, sortBy: tasklog.ID, limit: -1})
		}
	}
}

// testErrors checks that a filter with a mistake finds an error, not everything.
func (b *bench) testErrors(t *testing.T) {
	t.Parallel()
	f := b.filter().Eq("no_such_column", "x")
	var want *tasklog.FilterError
	_, err := b.Engine.Search(t.Context(), f)
	require.ErrorAs(t, err, &want)
	_, err = b.Engine.Count(t.Context(), f)
	require.ErrorAs(t, err, &want)
	_, err = b.Engine.Stats(t.Context(), f)
	require.ErrorAs(t, err, &want)
	_, err = b.Engine.Group(t.Context(), f, tasklog.Grouping{}.WithDefaults())
	require.ErrorAs(t, err, &want)
}

// testSuperseded checks that a task whose run was replaced just now is listed once.
func (b *bench) testSuperseded(t *testing.T) {
	seeded := uniqueTask(t, []string{temporaltest.UniqueName(t)})
	script := spec{ending: completes, status: "completed", updated: epoch}
	scripts := map[string]spec{string(seeded.ID): script}
	runWorker(t, b.Client, seeded.Queue, scripts)
	options := client.StartWorkflowOptions{ID: string(seeded.ID), TaskQueue: seeded.Queue, TypedSearchAttributes: attribute.ForNew(seeded)}
	first, err := b.Client.ExecuteWorkflow(t.Context(), options, tasklog.WorkflowType, seeded)
	require.NoError(t, err)
	require.NoError(t, first.Get(t.Context(), nil))

	options.TypedSearchAttributes = archiveAttributes(seeded, first.GetRunID())
	second, err := b.Client.ExecuteWorkflow(t.Context(), options, tasklog.WorkflowType, seeded)
	require.NoError(t, err)
	require.NoError(t, second.Get(t.Context(), nil))

	f := tasklog.NewFilter().Eq(tasklog.Owner, seeded.Owner)
	require.Eventually(t, func() bool {
		page, err := b.Engine.Search(t.Context(), f)
		return err == nil && len(page.Tasks) == 1 && page.Tasks[0].Label == "archived"
	}, indexTimeout, 100*time.Millisecond)
	require.Equal(t, int64(1), b.count(t, f))
}

// testArchiving checks that lists, counts and stats know a task once and only once at every moment while it is being
// archived, with no worker that could close its archive run.
func (b *bench) testArchiving(t *testing.T) {
	log, err := tasklog.New(tasklog.Config{Client: b.Client, Namespace: temporaltest.Namespace, Engine: b.Engine})
	require.NoError(t, err)
	queue := temporaltest.UniqueName(t)
	owner := tasklog.NewFilter().Eq(tasklog.Queue, queue)
	var ids []task.ID
	scripts := map[string]spec{}
	for range 3 {
		seeded := uniqueTask(t, []string{queue})
		ids = append(ids, seeded.ID)
		scripts[string(seeded.ID)] = spec{ending: completes, status: "completed", updated: epoch}
		options := client.StartWorkflowOptions{ID: string(seeded.ID), TaskQueue: queue, TypedSearchAttributes: attribute.ForNew(seeded)}
		_, err := b.Client.ExecuteWorkflow(t.Context(), options, tasklog.WorkflowType, seeded)
		require.NoError(t, err)
	}
	// Two have run when they are archived, one waits.
	t.Run("worker", func(t *testing.T) {
		delete(scripts, string(ids[2]))
		_, err := log.Cancel(t.Context(), ids[2], tasklog.ControlOptions{})
		require.NoError(t, err)
		runWorker(t, b.Client, queue, scripts)
		for _, id := range ids[:2] {
			require.NoError(t, b.Client.GetWorkflow(t.Context(), string(id), "").Get(t.Context(), nil))
		}
	})
	require.Eventually(t, func() bool {
		return b.count(t, owner.Narrow(task.Completed)) == 2 && b.count(t, owner.Narrow(task.Cancelled)) == 1
	}, indexTimeout, 50*time.Millisecond)

	for _, id := range ids {
		changed, err := log.Archive(t.Context(), id, tasklog.ControlOptions{})
		require.NoError(t, err)
		require.True(t, changed)
	}
	archived := int64(0)
	for looks, start := 0, time.Now(); time.Since(start) < 4*time.Second || archived < 3; looks++ {
		require.Less(t, time.Since(start), indexTimeout)
		found := b.search(t, owner)
		require.ElementsMatch(t, ids, found, "after %d looks", looks)
		require.EqualValues(t, 3, b.count(t, owner))
		archived = b.count(t, owner.Narrow(task.Archived))
	}
	stats, err := b.Engine.Stats(t.Context(), owner)
	require.NoError(t, err)
	require.Zero(t, stats)
	for _, id := range ids {
		require.NoError(t, terminate(b.Client, string(id)))
	}
}
