package logbench

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"golang.org/x/sync/errgroup"

	"github.com/distributed-task-queue/taskqueue/tasklog/elastic"
)

const (
	// batch is how many documents a request has: some megabytes.
	batch   = 2000
	senders = 2
	// fingerprinted is from how many documents it is told whether an index was filled by this very generator.
	fingerprinted = 200
)

// index is one that is filled for the benchmark.
type index struct {
	client    *elasticClient
	generator generator
	progress  func(string)
}

// prepare makes and fills the index, unless an earlier run has kept it.
func (x *index) prepare(ctx context.Context) error {
	fingerprint, err := x.fingerprint()
	if err != nil {
		return err
	}
	kept, err := x.kept(ctx)
	if err != nil {
		return err
	}
	if kept == fingerprint {
		x.progress(fmt.Sprintf("the index %s is there from an earlier run", x.client.connection.Index))
		return nil
	}
	if err := x.remove(ctx); err != nil {
		return err
	}
	if err := elastic.SetUp(ctx, x.client.connection, nil, func(string) {}); err != nil {
		return err
	}
	if err := x.fill(ctx); err != nil {
		return fmt.Errorf("fill the index %s: %w", x.client.connection.Index, err)
	}
	if err := x.settle(ctx); err != nil {
		return err
	}
	// Last, so that an index with the mark is complete.
	return x.client.json(ctx, http.MethodPut, x.client.index("/_mapping"), fmt.Sprintf(`{"_meta":{"taskctl bench log":%q}}`, fingerprint), nil)
}

// fingerprint tells logs apart.
func (x *index) fingerprint() (string, error) {
	var body bytes.Buffer
	for i := range fingerprinted {
		rec := x.generator.record(i * (x.generator.tasks - 1) / fingerprinted)
		if err := rec.addTo(&body); err != nil {
			return "", err
		}
	}
	sum := sha256.Sum256(body.Bytes())
	return fmt.Sprintf("%d tasks, %s", x.generator.tasks, hex.EncodeToString(sum[:8])), nil
}

// kept returns the mark of an index that is there, empty if none is.
func (x *index) kept(ctx context.Context) (string, error) {
	var indices map[string]struct {
		Mappings struct {
			Meta map[string]string `json:"_meta"`
		}
	}
	err := x.client.json(ctx, http.MethodGet, x.client.index("/_mapping"), "", &indices)
	if isMissing(err) {
		return "", nil
	}
	return indices[x.client.connection.Index].Mappings.Meta["taskctl bench log"], err
}

// fill writes all tasks.
func (x *index) fill(ctx context.Context) error {
	// Until it is full nobody looks at it.
	settings := `{"index":{"refresh_interval":"-1","translog.durability":"async"}}`
	if err := x.client.json(ctx, http.MethodPut, x.client.index("/_settings"), settings, nil); err != nil {
		return err
	}
	work, ctx := errgroup.WithContext(ctx)
	bodies := make(chan []byte)
	work.Go(func() error {
		defer close(bodies)
		return x.generate(ctx, bodies)
	})
	for range senders {
		work.Go(func() error {
			for body := range bodies {
				if err := x.sendBulk(ctx, body); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return work.Wait()
}

func (x *index) generate(ctx context.Context, bodies chan<- []byte) error {
	tell := newTeller(x.generator.tasks, x.progress)
	for first := 0; first < x.generator.tasks; first += batch {
		var body bytes.Buffer
		last := min(first+batch, x.generator.tasks)
		for number := first; number < last; number++ {
			rec := x.generator.record(number)
			if err := rec.addTo(&body); err != nil {
				return err
			}
		}
		select {
		case bodies <- body.Bytes():
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		tell.written(last)
	}
	return nil
}

func (x *index) sendBulk(ctx context.Context, body []byte) error {
	var result struct {
		Errors bool
		Items  []json.RawMessage
	}
	err := x.client.send(ctx, http.MethodPost, x.client.index("/_bulk?filter_path=errors,items.*.error"), "application/x-ndjson", body, &result)
	if err == nil && result.Errors {
		err = fmt.Errorf("%d documents are refused, the first with %s", len(result.Items), result.Items[0])
	}
	return err
}

// settle brings the index into the state of one that is not written to any more: one segment. Answers are not to come
// from the cache of whole requests, which any new task would empty.
func (x *index) settle(ctx context.Context) error {
	x.progress("merging the index")
	settings := `{"index":{"refresh_interval":null,"translog.durability":null,"requests.cache.enable":false}}`
	if err := x.client.json(ctx, http.MethodPut, x.client.index("/_settings"), settings, nil); err != nil {
		return err
	}
	for _, path := range []string{"/_refresh", "/_forcemerge?max_num_segments=1", "/_flush", "/_refresh"} {
		if err := x.client.json(ctx, http.MethodPost, x.client.index(path), "", nil); err != nil {
			return fmt.Errorf("settle the index: %w", err)
		}
	}
	return nil
}

// remove deletes the index and what SetUp has made for it, if they are there.
func (x *index) remove(ctx context.Context) error {
	var errs []error
	for _, path := range []string{x.client.index(""), "/_index_template/" + x.client.connection.TemplateName()} {
		if err := x.client.json(ctx, http.MethodDelete, path, "", nil); err != nil && !isMissing(err) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
