//go:build linux

package topologytest

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"
)

// endTimeout is how long the tasks of a load may take to end, from when the last one was accepted: a lost worker is noticed after half a
// minute, and the machine may be slow.
const endTimeout = 5 * time.Minute

// outcome is what became of a load.
type outcome struct {
	accepted  int
	completed int
	refused   int // failed as their program ended with a status that says so
	lost      int // failed as their worker was lost
	unstarted int // of the lost, those that no worker has started
}

func (o outcome) String() string {
	return fmt.Sprintf("%d accepted: %d completed, %d failed by themselves, %d failed with their worker lost (%d before they began)",
		o.accepted, o.completed, o.refused, o.lost, o.unstarted)
}

// verify waits until all tasks of the load have ended, by the index, and checks each: it was started at most once, is in one final state, the
// same in the index and in Temporal, and is listed once.
func (l *load) verify(t *testing.T) outcome {
	t.Helper()
	l.end()
	require.NotEmpty(t, l.accepted)
	api := l.tp.apis[0]
	mine := filter{"owner", "eq", l.owner}
	for _, each := range l.tp.apis { // each reads a state of the index of its own
		await(t, endTimeout, "all tasks have ended", func(ctx context.Context) error {
			found, err := search(ctx, each, "", mine, filter{"status", "in", []string{"completed", "failed"}})
			if err == nil && found.Total != len(l.accepted) {
				err = fmt.Errorf("%d of %d tasks have ended%s", found.Total, len(l.accepted), l.stuck(ctx))
			}
			return err
		})
	}
	listed := l.list(t)
	require.Len(t, listed, len(l.accepted), "the index lists each task")

	starts := runs(t, l.tp.journal)
	var mu sync.Mutex
	o := outcome{accepted: len(l.accepted)}
	readers, ctx := errgroup.WithContext(t.Context())
	readers.SetLimit(clients)
	for _, w := range l.accepted {
		readers.Go(func() error {
			current, err := read(ctx, api, w.id)
			if err != nil {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			if current.RawStatus != listed[w.id].RawStatus {
				return fmt.Errorf("task %s is %s, but %s in the index", w.id, current.RawStatus, listed[w.id].RawStatus)
			}
			return o.count(w, current, starts[w.id])
		})
	}
	require.NoError(t, readers.Wait())
	return o
}

// count adds a task, or says what is wrong with it.
func (o *outcome) count(w wanted, e entity, starts int) error {
	wrong := func(what string) error {
		return fmt.Errorf("task %s, which should end with %d, is %s: %s; it was started %d times: %s", w.id, w.status, e.RawStatus, e.message(), starts, what)
	}
	if starts > 1 {
		return wrong("it ran twice")
	}
	switch {
	case e.RawStatus == "completed" && w.status == 0:
		o.completed++
	case e.RawStatus == "failed" && strings.Contains(e.message(), fmt.Sprintf("exit status %d", w.status)) && w.status != 0:
		o.refused++
	case e.RawStatus == "failed" && strings.Contains(e.message(), "worker lost"):
		o.lost++
		o.unstarted += 1 - starts
		return nil
	default:
		return wrong("that is no end that it may have")
	}
	if starts != 1 {
		return wrong("it did not run")
	}
	return nil
}

// list returns all tasks of the load from the index.
func (l *load) list(t *testing.T) map[string]entity {
	t.Helper()
	listed := make(map[string]entity)
	for cursor := ""; ; {
		found, err := search(t.Context(), l.tp.apis[1], cursor, filter{"owner", "eq", l.owner})
		require.NoError(t, err)
		for _, e := range found.Tasks {
			require.NotContains(t, listed, e.ID, "a task is listed twice")
			listed[e.ID] = e
		}
		if cursor = found.Next; cursor == "" {
			return listed
		}
	}
}

// stuck names some of the tasks that have not ended.
func (l *load) stuck(ctx context.Context) string {
	found, err := search(ctx, l.tp.apis[1], "", filter{"owner", "eq", l.owner}, filter{"status", "notIn", []string{"completed", "failed"}})
	if err != nil {
		return "; " + err.Error()
	}
	var text strings.Builder
	for _, e := range found.Tasks[:min(5, len(found.Tasks))] {
		fmt.Fprintf(&text, "; %s is %s", e.ID, e.RawStatus)
	}
	return text.String()
}
