// Package elastic is the task log's engine for a Temporal server that keeps its visibility in Elasticsearch. It reads
// Temporal's own index, and never writes to it.
package elastic

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"go.temporal.io/sdk/converter"
	"golang.org/x/sync/singleflight"

	"github.com/distributed-task-queue/taskqueue/tasklog"
)

// Engine is the engine. It is safe for concurrent use.
type Engine struct {
	transport   *transport
	namespaceID string
	data        converter.DataConverter

	// current is the state of the index that searches are made in, and taking makes the next one.
	current atomic.Pointer[snapshot]
	taking  singleflight.Group
	// listed is when a list was last searched for.
	listed atomic.Pointer[time.Time]
	// checked is when the index was last seen to have all fields.
	checked atomic.Pointer[time.Time]
}

var _ tasklog.Engine = (*Engine)(nil)

// Open asks the Temporal server for what the engine must know. It sends nothing to Elasticsearch: while that is down a program
// can start all the same.
func Open(ctx context.Context, config Config) (*Engine, error) {
	config = config.WithDefaults()
	if config.Client == nil && config.NamespaceID == "" {
		return nil, errors.New("open the task log: elastic.Config needs Client or NamespaceID")
	}
	t, err := newTransport(config.Connection)
	if err != nil {
		return nil, fmt.Errorf("open the task log: %w", err)
	}
	id, err := config.namespaceID(ctx)
	if err != nil {
		return nil, fmt.Errorf("open the task log: %w", err)
	}
	e := &Engine{transport: t, namespaceID: id, data: config.DataConverter}
	return e, nil
}

// Search returns the tasks that satisfy the filter.
func (e *Engine) Search(ctx context.Context, f *tasklog.Filter) (tasklog.Page, error) {
	if err := f.Err(); err != nil {
		return tasklog.Page{}, err
	}
	now := time.Now()
	e.listed.Store(&now)
	page, err := e.search(ctx, f)
	if err != nil {
		return tasklog.Page{}, fmt.Errorf("search the task log: %w", err)
	}
	return page, nil
}

func (e *Engine) search(ctx context.Context, f *tasklog.Filter) (tasklog.Page, error) {
	if f.MatchesNothing() {
		return f.NewPage(tasklog.Collection{}, 0, nil), nil
	}
	if column, _ := f.Sort(); column == tasklog.Status {
		return e.searchByStatus(ctx, f)
	}
	limit, limited, offset := f.Page()
	if limited && limit <= maxWindow-offset {
		return e.window(ctx, f)
	}
	if offset <= maxWindow-readBatch {
		// Mostly there are fewer tasks than the filter allows, and one request is enough.
		page, err := e.window(ctx, f.Clone().Limit(readBatch))
		if err != nil || len(page.Tasks) < readBatch {
			return page, err
		}
	}
	return e.walk(ctx, f)
}

// window is a search whose page Elasticsearch returns as it is.
func (e *Engine) window(ctx context.Context, f *tasklog.Filter) (tasklog.Page, error) {
	limit, _, offset := f.Page()
	r := newReader(f, e.data)
	answer, err := e.ask(ctx, func(superseded []string) (object, error) {
		q, err := e.where(f, superseded)
		if err != nil {
			return nil, err
		}
		body := r.request(q)
		if after := searchAfter(f); after != nil {
			body["search_after"] = after
		}
		body["from"], body["size"], body["track_total_hits"] = offset, limit, f.WantsTotal()
		return body, nil
	})
	if err != nil {
		return tasklog.Page{}, err
	}
	if err := r.read(answer.Hits.Hits); err != nil {
		return tasklog.Page{}, err
	}
	return f.NewPage(r.found, answer.Hits.total(), r.last), nil
}

// Count returns how many tasks satisfy the filter.
func (e *Engine) Count(ctx context.Context, f *tasklog.Filter) (int64, error) {
	if err := f.Err(); err != nil {
		return 0, err
	}
	if f.MatchesNothing() {
		return 0, nil
	}
	answer, err := e.ask(ctx, func(superseded []string) (object, error) {
		q, err := e.where(f, superseded)
		return object{"query": q, "size": 0, "track_total_hits": true}, err
	})
	if err != nil {
		return 0, fmt.Errorf("count in the task log: %w", err)
	}
	return answer.Hits.total(), nil
}
