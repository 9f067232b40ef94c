package elastic

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/distributed-task-queue/taskqueue/tasklog"
)

const (
	// maxAge is how old the state of the index may be in which a search is made, unless it takes long to make one. An index shows new
	// documents once a second, so lists are less than two seconds behind. When half of it has passed the next one is made, while
	// searches still use this one, so that they need not wait.
	maxAge = 500 * time.Millisecond
	// renewedFor is how long after a list was searched for the next state is made all the same: whoever looks at a list soon looks at the next one.
	// Counts are not followed: programs ask for them, such as workers that wait for children.
	renewedFor = 30 * time.Second
	// slowness times what a state took to make is how long it is used at least: so that searches do not wait for the next one all the time.
	slowness = 4
	// snapshotLife is how long Elasticsearch keeps a state that is used by many searches: longer than one of them takes.
	snapshotLife = "1m"
)

// snapshot is one state of the index, and the runs that were superseded in it. Searches that are made in it leave these out,
// so that no task is found twice or missed, and need not ask for them themselves.
type snapshot struct {
	pit        string // point in time, as Elasticsearch calls it
	superseded []string
	taken      time.Time
	life       time.Duration // how long searches may use it
	// searching is read-locked by searches that are on their way.
	searching sync.RWMutex
}

// young reports whether searches may use the state.
func (s *snapshot) young() bool { return s != nil && time.Since(s.taken) < s.life }

// snapshot returns a state of the index that is young enough. Searches at the same time share one.
func (e *Engine) snapshot(ctx context.Context) (*snapshot, error) {
	if s := e.current.Load(); s.young() {
		return s, nil
	}
	// Who gives up does not take the state from the others who wait for it; transport bounds the requests.
	taken := e.taking.DoChan("", func() (any, error) { return e.take(context.WithoutCancel(ctx)) })
	select {
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	case result := <-taken:
		s, _ := result.Val.(*snapshot)
		return s, result.Err
	}
}

// renew replaces the state by the next one, unless that has been done or nobody has looked at lists for long. If it fails, the next search
// takes one, or tells why it cannot.
func (e *Engine) renew(s *snapshot) {
	if at := e.listed.Load(); at != nil && time.Since(*at) < renewedFor && e.current.Load() == s {
		e.taking.DoChan("", func() (any, error) { return e.take(context.Background()) })
	}
}

func (e *Engine) take(ctx context.Context) (*snapshot, error) {
	s := &snapshot{taken: time.Now()}
	var err error
	if s.pit, err = e.openPIT(ctx, snapshotLife); err != nil {
		return nil, err
	}
	s.superseded, err = e.superseded(func(body object) (answer, error) { return e.transport.searchPIT(ctx, s.pit, body, "") })
	if err != nil {
		return nil, errors.Join(err, e.transport.closePIT(ctx, s.pit))
	}
	s.life = max(maxAge, slowness*time.Since(s.taken))
	if former := e.current.Swap(s); former != nil {
		go func() {
			former.searching.Lock() // when the last of its searches has its answer; from now on there is none
			// What cannot be closed ends by itself.
			_ = e.transport.closePIT(context.WithoutCancel(ctx), former.pit)
		}()
	}
	time.AfterFunc(s.life/2-time.Since(s.taken), func() { e.renew(s) })
	return s, nil
}

// openPIT keeps the index as it is now, if it can be searched.
func (e *Engine) openPIT(ctx context.Context, keepAlive string) (string, error) {
	if err := e.ready(ctx); err != nil {
		return "", err
	}
	pit, err := e.transport.openPIT(ctx, keepAlive)
	if err != nil {
		e.checked.Store(nil) // what answers next may be another index
	}
	return pit, err
}

// use returns a state of the index that is kept open until its search is made.
func (e *Engine) use(ctx context.Context) (*snapshot, error) {
	for {
		s, err := e.snapshot(ctx)
		if err != nil || s.searching.TryRLock() {
			return s, err
		}
		// It was replaced in this moment, and is being closed.
	}
}

// search makes a search in the state, which is not used any more then.
func (s *snapshot) search(ctx context.Context, t *transport, body func(superseded []string) (object, error)) (answer, error) {
	defer s.searching.RUnlock()
	search, err := body(s.superseded)
	if err != nil {
		return answer{}, err
	}
	return t.searchPIT(ctx, s.pit, search, "")
}

// ask makes a search that leaves superseded runs out.
func (e *Engine) ask(ctx context.Context, body func(superseded []string) (object, error)) (answer, error) {
	for again := false; ; again = true {
		s, err := e.use(ctx)
		if err != nil {
			return answer{}, err
		}
		found, err := s.search(ctx, e.transport, body)
		if isStatus(err, http.StatusBadRequest) {
			e.checked.Store(nil) // it may be another index now
		}
		if lost := isStatus(err, http.StatusNotFound); !lost || again {
			return found, err
		}
		e.current.CompareAndSwap(s, nil) // Elasticsearch was restarted
	}
}

// openPIT keeps the index as it is now, for as long as keepAlive says.
func (t *transport) openPIT(ctx context.Context, keepAlive string) (string, error) {
	query := url.Values{"keep_alive": {keepAlive}}
	var opened struct{ ID string }
	err := t.send(ctx, http.MethodPost, "/"+url.PathEscape(t.connection.Index)+"/_pit?"+query.Encode(), nil, &opened)
	return opened.ID, err
}

// searchPIT makes a search in a state of the index. Of the answer only these parts are wanted; all if none are named.
func (t *transport) searchPIT(ctx context.Context, pit string, body object, parts string) (a answer, err error) {
	if body["pit"] == nil {
		body["pit"] = object{"id": pit}
	}
	query := url.Values{"allow_partial_search_results": {"false"}}
	if parts != "" {
		query.Set("filter_path", "pit_id,"+parts)
	}
	err = t.send(ctx, http.MethodPost, "/_search?"+query.Encode(), body, &a)
	if isStatus(err, http.StatusNotFound) { // a node was restarted, or it took too long
		err = &tasklog.UnavailableError{Index: t.connection.name(), Err: err}
	}
	return a, err
}

// closePIT lets go of a state. That it has gone by itself is no error.
func (t *transport) closePIT(ctx context.Context, pit string) error {
	const patience = 5 * time.Second
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	err := t.send(ctx, http.MethodDelete, "/_pit", object{"id": pit}, nil)
	if isStatus(err, http.StatusNotFound) {
		return nil
	}
	return err
}
