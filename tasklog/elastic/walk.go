package elastic

import (
	"context"
	"errors"

	"github.com/distributed-task-queue/taskqueue/tasklog"
)

const (
	// maxWindow is how far into a list an index lets a single search reach (index.max_result_window).
	maxWindow = 10_000
	// readBatch is how many tasks are read at a time: with everything they have, some megabytes.
	readBatch = 2000
	// keepAlive is how long Elasticsearch keeps a state of the index between two requests of a walk.
	keepAlive = "1m"
)

// walk is a search whose page is too far away, or too long, for one request. It goes through one state of the index,
// so that no task is seen twice or missed.
func (e *Engine) walk(ctx context.Context, f *tasklog.Filter) (page tasklog.Page, err error) {
	err = e.walking(ctx, func(w *walk) error {
		q, err := e.where(f, w.superseded)
		if err != nil {
			return err
		}
		var total int64
		if f.WantsTotal() {
			a, err := w.search(ctx, object{"query": q, "size": 0, "track_total_hits": true}, "")
			if err != nil {
				return err
			}
			total = a.Hits.total()
		}
		r := newReader(f, e.data)
		err = w.read(ctx, f, r, q)
		page = f.NewPage(r.found, total, r.last)
		return err
	})
	return page, err
}

// walking calls do with one state of the index, and lets go of it afterwards.
func (e *Engine) walking(ctx context.Context, do func(*walk) error) (err error) {
	w := &walk{engine: e}
	if w.pit, err = e.openPIT(ctx, keepAlive); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, e.transport.closePIT(ctx, w.pit)) }()
	w.superseded, err = e.superseded(func(body object) (answer, error) { return w.search(ctx, body, "") })
	if err != nil {
		return err
	}
	return do(w)
}

// walk is a way through one state of the index.
type walk struct {
	engine *Engine
	pit    string // the state
	after  any    // the sort values of the last hit
	// superseded are the runs that have been replaced.
	superseded []string
}

// search makes a search, of whose answer only these parts are wanted; all if none are named.
func (w *walk) search(ctx context.Context, body object, parts string) (answer, error) {
	body["pit"] = object{"id": w.pit, "keep_alive": keepAlive}
	a, err := w.engine.transport.searchPIT(ctx, w.pit, body, parts)
	if err == nil {
		w.pit = a.PIT
	}
	return a, err
}

// read reads the page that the filter wants of what the query finds.
func (w *walk) read(ctx context.Context, f *tasklog.Filter, r *reader, query object) error {
	limit, limited, offset := f.Page()
	w.after = nil
	if after := searchAfter(f); after != nil {
		w.after = after
	}
	if more, err := w.skip(ctx, r.request(query), offset); err != nil || !more {
		return err
	}
	for !limited || len(r.found) < limit {
		size := readBatch
		if limited {
			size = min(size, limit-len(r.found))
		}
		found, err := w.next(ctx, r.request(query), size, "")
		if err != nil {
			return err
		}
		if err := r.read(found); err != nil || len(found) < size {
			return err
		}
	}
	return nil
}

// next returns the next hits.
func (w *walk) next(ctx context.Context, body object, size int, parts string) ([]hit, error) {
	body["size"], body["track_total_hits"] = size, false
	if w.after != nil {
		body["search_after"] = w.after
	}
	a, err := w.search(ctx, body, parts)
	if err != nil {
		return nil, err
	}
	if n := len(a.Hits.Hits); n > 0 {
		w.after = a.Hits.Hits[n-1].Sort
	}
	return a.Hits.Hits, nil
}

// skip goes past the first n hits; it is false if there are no more.
func (w *walk) skip(ctx context.Context, body object, n int) (more bool, err error) {
	body["_source"], body["stored_fields"] = false, "_none_"
	for n > 0 {
		size := min(n, maxWindow)
		found, err := w.next(ctx, body, size, "hits.hits.sort")
		if err != nil || len(found) < size {
			return false, err
		}
		n -= size
	}
	return true, nil
}
