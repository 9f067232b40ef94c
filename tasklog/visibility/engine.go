// Package visibility is the task log's engine for Temporal servers whose index is out of reach, such as
// Temporal Cloud: it uses nothing but the List and Count API.
//
// That API compares for equality and in time. What else a filter asks for, patterns, the order of texts,
// sorting and offsets, is done here, on no more than Config.MaxScan tasks that the rest of the filter
// finds. Past that a search fails with a *tasklog.ScanLimitError, as an incomplete answer would be a
// wrong one. On MySQL, whose comparison takes alice and ALICE for equal, that is true of every condition on a text but the status.
package visibility

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync/atomic"

	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"

	workflowpb "go.temporal.io/api/workflow/v1"

	"github.com/distributed-task-queue/taskqueue/internal/attribute"
	"github.com/distributed-task-queue/taskqueue/tasklog"
)

const (
	// DefaultMaxScan is the bound of a scan unless Config says otherwise.
	DefaultMaxScan = 10_000

	// pageSize is the most that a server returns at once by default.
	pageSize = 1000
)

// Config is what the engine needs.
type Config struct {
	// Client is connected to the namespace of the tasks. Required.
	Client client.Client
	// Namespace is the name of that namespace. Default: the one that the client is connected to.
	Namespace string
	// MaxScan is how many tasks one search may read. More find more, but need memory and time: about
	// 2 KB and 0.1 ms for each. Default DefaultMaxScan.
	MaxScan int
	// DataConverter must be the one that tasks run with. Default Temporal's own.
	DataConverter converter.DataConverter
}

// Engine is the engine. It is safe for concurrent use.
type Engine struct {
	config Config
	folds  atomic.Pointer[bool] // see foldsText; nil until the server has told
}

var _ tasklog.Engine = (*Engine)(nil)

// New returns an engine; it makes no call to the server.
func New(config Config) *Engine {
	if config.MaxScan <= 0 {
		config.MaxScan = DefaultMaxScan
	}
	if config.DataConverter == nil {
		config.DataConverter = converter.GetDefaultDataConverter()
	}
	return &Engine{config: config}
}

// Search returns the tasks that satisfy the filter.
func (e *Engine) Search(ctx context.Context, f *tasklog.Filter) (tasklog.Page, error) {
	if err := f.Err(); err != nil {
		return tasklog.Page{}, err
	}
	limit, limited, _ := f.Page()
	if f.MatchesNothing() || limited && limit == 0 && !f.WantsTotal() {
		return f.NewPage(tasklog.Collection{}, 0, nil), nil
	}
	q, superseded, err := e.prepare(ctx, f)
	if err != nil {
		return tasklog.Page{}, err
	}
	if !f.WantsTotal() {
		return e.page(ctx, f, q, superseded)
	}
	if !q.exact {
		rows, err := e.scan(ctx, f, q, superseded)
		if err != nil {
			return tasklog.Page{}, err
		}
		return f.Select(rows), nil
	}
	total, err := e.countExact(ctx, q, superseded)
	if err != nil {
		return tasklog.Page{}, err
	}
	if total == 0 || limited && limit == 0 {
		return f.NewPage(tasklog.Collection{}, total, nil), nil
	}
	page, err := e.page(ctx, f, q, superseded)
	page.Total = total
	return page, err
}

// page returns the wanted page of what the query finds, without a total.
func (e *Engine) page(ctx context.Context, f *tasklog.Filter, q query, superseded runSet) (tasklog.Page, error) {
	limit, _, _ := f.Page()
	for attempt := 1; ; attempt++ {
		narrowed, inWindow, err := e.narrow(ctx, f, q, superseded)
		if err != nil {
			return tasklog.Page{}, err
		}
		if inWindow && attempt == maxWindows {
			narrowed, inWindow = q, false
		}
		rows, err := e.scan(ctx, f, narrowed, superseded)
		if err != nil {
			return tasklog.Page{}, err
		}
		page := f.Select(rows)
		page.Total = 0 // the rows need not be all
		// A window that has enough tasks may have too few a moment later, and who reads page by page takes a short one for the last.
		if !inWindow || len(page.Tasks) >= limit {
			return page, nil
		}
	}
}

// Count returns how many tasks satisfy the filter.
func (e *Engine) Count(ctx context.Context, f *tasklog.Filter) (int64, error) {
	if err := f.Err(); err != nil {
		return 0, err
	}
	if f.MatchesNothing() {
		return 0, nil
	}
	q, superseded, err := e.prepare(ctx, f)
	if err != nil {
		return 0, err
	}
	if q.exact {
		return e.countExact(ctx, q, superseded)
	}
	rows, err := e.scan(ctx, f, q, superseded)
	return int64(len(rows)), err
}

// Stats counts the tasks that satisfy the filter.
func (e *Engine) Stats(ctx context.Context, f *tasklog.Filter) (tasklog.Stats, error) {
	return tasklog.CountStats(ctx, e.Count, f)
}

// scan reads what the query finds, and returns what of it satisfies the filter.
func (e *Engine) scan(ctx context.Context, f *tasklog.Filter, q query, superseded runSet) ([]tasklog.Row, error) {
	// By run: a task that ends while it is being listed moves down the list, and is seen again there.
	rows := map[string]tasklog.Row{}
	read := 0
	visit := func(info *workflowpb.WorkflowExecutionInfo) error {
		if read++; read > e.config.MaxScan {
			return &tasklog.ScanLimitError{Limit: e.config.MaxScan}
		}
		row, listed, err := tasklog.FromExecution(info, e.config.DataConverter)
		if err != nil {
			return err
		}
		// An archive run may have come into the index after the superseded ones were looked for.
		old, err := supersededBy(info)
		if err != nil {
			return err
		}
		if old != "" {
			superseded[old] = true
			delete(rows, old)
		}
		delete(rows, row.RunID)
		if listed && f.Match(row) && !superseded[row.RunID] {
			rows[row.RunID] = row
		}
		return nil
	}
	pages, err := e.list(ctx, q, visit)
	if err == nil && pages > 1 {
		err = e.listArchivedSince(ctx, q, superseded, visit)
	}
	if err != nil {
		return nil, err
	}
	return slices.Collect(maps.Values(rows)), nil
}

// listArchivedSince calls visit for the archive runs that the query finds and that came after the superseded runs were looked for. A task
// that is archived while the pages of a list are read may be on none of them: the archive run comes into one that was read before, and its
// former run goes from one that is still to be read.
func (e *Engine) listArchivedSince(
	ctx context.Context, q query, superseded runSet, visit func(*workflowpb.WorkflowExecutionInfo) error,
) error {
	since, err := e.superseded(ctx)
	if err != nil {
		return fmt.Errorf("look for superseded runs: %w", err)
	}
	maps.DeleteFunc(since, func(run string, _ bool) bool { return superseded[run] })
	for chunk := range since.chunks() {
		if _, err := e.list(ctx, q.with(attribute.Supersedes.GetName()+" IN "+list(chunk)), visit); err != nil {
			return err
		}
	}
	return nil
}

// list calls visit for every execution that the query finds. It returns how many pages these were on, which are read one after the other.
func (e *Engine) list(ctx context.Context, q query, visit func(*workflowpb.WorkflowExecutionInfo) error) (pages int, err error) {
	request := &workflowservice.ListWorkflowExecutionsRequest{
		Namespace: e.config.Namespace, Query: q.String(), PageSize: pageSize,
	}
	for pages = 1; ; pages++ {
		page, err := e.config.Client.ListWorkflow(ctx, request)
		if err != nil {
			return pages, fmt.Errorf("list workflows with %s: %w", q, err)
		}
		for _, info := range page.GetExecutions() {
			if err := visit(info); err != nil {
				return pages, err
			}
		}
		request.NextPageToken = page.GetNextPageToken()
		if len(request.GetNextPageToken()) == 0 {
			return pages, nil
		}
	}
}

func (e *Engine) count(ctx context.Context, q query) (int64, error) {
	response, err := e.config.Client.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{
		Namespace: e.config.Namespace, Query: q.String(),
	})
	if err != nil {
		return 0, fmt.Errorf("count workflows with %s: %w", q, err)
	}
	return response.GetCount(), nil
}
