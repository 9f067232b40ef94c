package logbench

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"time"

	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/tasklog"
)

const (
	// How many variants a question has. Elasticsearch keeps what parts of a query have found when they come again soon, which is not to
	// decide; it takes parts of the last 256 queries to be such. SQLite has no cache of answers, and takes longer.
	elasticVariants = 100
	sqliteVariants  = 8
	// deepVariants is how many a deep page has, which takes long too, and differs in nothing but where it is.
	deepVariants = 8

	// deepOffset is how far away a deep page is, if there are as many tasks.
	deepOffset = 50_000

	shortPage = 20
	tablePage = 25
	longPage  = 50
)

// params are what a variant of a question asks for.
type params struct {
	owner, action, word, second string

	from, to  time.Time
	offset    int
	after     tasklog.Position // of the cursor
	cursor    string
	tableFrom int
}

// byHand answers the questions with queries that were written by hand.
type byHand interface {
	lastOfUser(ctx context.Context, p params) (answer, error)
	failedInWeek(ctx context.Context, p params) (answer, error)
	likeOnLabel(ctx context.Context, p params) (answer, error)
	fullText(ctx context.Context, p params) (answer, error)
	deepPage(ctx context.Context, p params) (answer, error)
	cursorPage(ctx context.Context, p params) (answer, error)
	statsOfUser(ctx context.Context, p params) (answer, error)
	groupsByCategory(ctx context.Context, p params) (answer, error)
	timesByAction(ctx context.Context, p params) (answer, error)
	dataTable(ctx context.Context, p params) (answer, error)
}

// question is what people ask the log.
type question struct {
	name  string
	ours  func(ctx context.Context, l *tasklog.TaskLog, p params) (found, error)
	bare  func(b byHand, ctx context.Context, p params) (answer, error)
	pause time.Duration // in which nobody asks anything, before each measurement of both sides
}

// aPause is that of a person who looks at a list before the next one. It is longer than what the task log finds out for one search is used for the
// next one.
const aPause = time.Second

// The questions whose variants are made in ways of their own.
const (
	deepPageName   = "deep-page"
	cursorPageName = "cursor-page"
)

var questions = []question{
	{name: "last-20-of-a-user", ours: lastOfUser, bare: byHand.lastOfUser},
	{name: "last-20-after-a-pause", ours: lastOfUser, bare: byHand.lastOfUser, pause: aPause},
	{name: "failed-in-a-week-by-action", ours: failedInWeek, bare: byHand.failedInWeek},
	{name: "like-on-label", ours: likeOnLabel, bare: byHand.likeOnLabel},
	{name: "full-text-two-words", ours: fullText, bare: byHand.fullText},
	{name: deepPageName, ours: deepPage, bare: byHand.deepPage},
	{name: cursorPageName, ours: cursorPage, bare: byHand.cursorPage},
	{name: "stats-of-a-user", ours: statsOfUser, bare: byHand.statsOfUser},
	{name: "groups-by-category", ours: groupsByCategory, bare: byHand.groupsByCategory},
	{name: "times-by-action", ours: timesByAction, bare: byHand.timesByAction},
	{name: "datatable", ours: dataTable, bare: byHand.dataTable},
}

func lastOfUser(ctx context.Context, l *tasklog.TaskLog, p params) (found, error) {
	tasks, err := l.FindAvailableByUser(ctx, p.owner, nil, nil)
	return found{page: tasklog.Page{Tasks: tasks}}, err
}

func failedInWeek(ctx context.Context, l *tasklog.TaskLog, p params) (found, error) {
	return search(ctx, l, tasklog.NewFilter().Eq(tasklog.Status, task.Failed).Eq(tasklog.TaskName, p.action).
		Gte(tasklog.CreatedAt, p.from).Lt(tasklog.CreatedAt, p.from.Add(week)).Limit(longPage))
}

func likeOnLabel(ctx context.Context, l *tasklog.TaskLog, p params) (found, error) {
	return search(ctx, l, tasklog.NewFilter().Like(tasklog.Label, "%"+p.word+"%").Limit(shortPage))
}

func fullText(ctx context.Context, l *tasklog.TaskLog, p params) (found, error) {
	return search(ctx, l, tasklog.NewFilter().Text(p.word+" "+p.second).Limit(shortPage))
}

func deepPage(ctx context.Context, l *tasklog.TaskLog, p params) (found, error) {
	return search(ctx, l, tasklog.NewFilter().Offset(p.offset).Limit(shortPage))
}

func cursorPage(ctx context.Context, l *tasklog.TaskLog, p params) (found, error) {
	return search(ctx, l, tasklog.NewFilter().After(p.cursor).Limit(shortPage))
}

func statsOfUser(ctx context.Context, l *tasklog.TaskLog, p params) (found, error) {
	stats, err := l.Stats(ctx, p.owner)
	return found{stats: stats}, err
}

func groupsByCategory(ctx context.Context, l *tasklog.TaskLog, p params) (found, error) {
	groups, err := l.Group(ctx, tasklog.NewFilter().Gte(tasklog.CreatedAt, p.from).Lt(tasklog.CreatedAt, p.to), tasklog.Grouping{By: tasklog.Category})
	return found{groups: groups}, err
}

func timesByAction(ctx context.Context, l *tasklog.TaskLog, p params) (found, error) {
	f := tasklog.NewFilter().Gte(tasklog.CreatedAt, p.from).Lt(tasklog.CreatedAt, p.from.Add(week))
	groups, err := l.Group(ctx, f, tasklog.Grouping{By: tasklog.TaskName, Times: true})
	return found{groups: groups}, err
}

// dataTable asks as a table on a web page does, whose rows have keys of their own.
func dataTable(ctx context.Context, l *tasklog.TaskLog, p params) (found, error) {
	request, err := tasklog.DataTableRequest{}.WithQuery(url.Values{
		"rows": {strconv.Itoa(tablePage)}, "page": {strconv.Itoa(p.tableFrom/tablePage + 1)},
		"sortby": {"createdAt"}, "sortorder": {"desc"}, "filtercolumns[taskName]": {p.action},
	})
	if err != nil {
		return found{}, err
	}
	table, err := l.DataTable(ctx, tasklog.NewFilter(), tasklog.DataTable{
		Request: request, Presenter: tasklog.Presenter{}.With(tasklog.WithCategory()),
		CustomiseRow: func(e tasklog.Entity) (map[string]any, error) {
			return map[string]any{"link": "/tasks/" + string(e.ID)}, nil
		},
	})
	return found{table: table}, err
}

func search(ctx context.Context, l *tasklog.TaskLog, f *tasklog.Filter) (found, error) {
	page, err := l.Page(ctx, f)
	return found{page: page}, err
}

const week = 7 * 24 * time.Hour

// params makes up the variants of a question. Where the log is asked for the beginning of a page, that is not measured.
func (g generator) params(ctx context.Context, l *tasklog.TaskLog, q question, variants int) ([]params, error) {
	if q.name == deepPageName {
		variants = min(variants, deepVariants)
	}
	all := make([]params, variants)
	for i := range all {
		r := g.random(q.name, i)
		r.Uint64()
		p := params{
			owner: ownerName(skewed(r, owners)), action: drawKind(r).action, word: word(r), second: word(r),
			from:      end.Add(-span).Add(time.Duration(r.Int64N(int64(span - 2*week)))).Truncate(time.Millisecond),
			offset:    min(deepOffset+r.IntN(1000), g.tasks*9/10),
			tableFrom: tablePage * r.IntN(4),
		}
		p.to = p.from.Add(2 * week)
		if q.name == cursorPageName {
			page, err := l.Page(ctx, tasklog.NewFilter().Lte(tasklog.CreatedAt, p.from.Add(week)).Limit(1))
			if err != nil {
				return nil, err
			}
			if page.Next == "" {
				return nil, fmt.Errorf("there are no tasks before %s", p.from.Add(week))
			}
			p.cursor = page.Next
			p.after = tasklog.Position{Value: page.Tasks[0].CreatedAt, ID: page.Tasks[0].ID}
		}
		all[i] = p
	}
	return all, nil
}
