package events

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/distributed-task-queue/taskqueue/tasklog"
)

// sum is an update that adds up.
type sum struct {
	missed, value int
	final         bool
}

func (s sum) After(earlier sum) sum { s.missed += earlier.missed + 1; return s }
func (s sum) Snapshot() sum         { return sum{value: s.value, final: s.final} }
func (s sum) Final() bool           { return s.final }

// counter counts its polls; its updates are their numbers.
type counter struct {
	polls atomic.Int64
	last  int // the poll with the final update; 0: none
	fail  func(poll int) error
}

func (c *counter) poll(context.Context) (sum, bool, error) {
	poll := int(c.polls.Add(1))
	if c.fail != nil {
		if err := c.fail(poll); err != nil {
			return sum{}, false, err
		}
	}
	return sum{value: poll, final: poll == c.last}, true, nil
}

func hub() *Hub[sum] { return NewHub[sum](slog.New(slog.DiscardHandler)) }

func take(t *testing.T, r *Reader[sum]) sum {
	t.Helper()
	<-r.Wake()
	u, ok, err := r.Take()
	require.NoError(t, err)
	require.True(t, ok)
	return u
}

// A bubble of synctest fails if a goroutine is left in it.

func TestManyReadersShareOnePoller(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h, c := hub(), &counter{}
		var readers []*Reader[sum]
		for range 500 {
			readers = append(readers, h.Subscribe("a", c.poll))
		}
		for _, r := range readers {
			require.Equal(t, sum{value: 1}, take(t, r))
		}
		time.Sleep(10*interval + interval/2)
		require.EqualValues(t, 11, c.polls.Load())
		for _, r := range readers {
			require.Equal(t, sum{missed: 9, value: 11}, take(t, r), "what was not taken is one update")
		}
		late := h.Subscribe("a", c.poll)
		require.Equal(t, sum{value: 11}, take(t, late), "who comes later begins with what is known")
		require.Equal(t, 1, h.Topics())
		for _, r := range append(readers, late) {
			r.Close()
			r.Close()
		}
		require.Zero(t, h.Topics())
		synctest.Wait()
		time.Sleep(5 * interval)
		require.EqualValues(t, 11, c.polls.Load(), "nobody reads")
	})
}

func TestTheFinalUpdateEndsTheTopic(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h, c := hub(), &counter{last: 3}
		r := h.Subscribe("a", c.poll)
		time.Sleep(10 * interval)
		require.Equal(t, sum{missed: 2, value: 3, final: true}, take(t, r))
		require.Zero(t, h.Topics())
		require.EqualValues(t, 3, c.polls.Load())
		again := h.Subscribe("a", c.poll)
		require.Equal(t, 4, take(t, again).value, "who comes then begins a new topic")
		r.Close()
		require.Equal(t, 1, h.Topics())
		again.Close()
	})
}

func TestErrors(t *testing.T) {
	t.Parallel()
	away := errors.New("away")
	synctest.Test(t, func(t *testing.T) {
		h, c := hub(), &counter{fail: func(int) error { return away }}
		r, other := h.Subscribe("a", c.poll), h.Subscribe("a", c.poll)
		for _, r := range []*Reader[sum]{r, other} {
			<-r.Wake()
			_, _, err := r.Take()
			require.ErrorIs(t, err, away, "the first poll says whether there is anything to read")
			r.Close()
		}
		require.Zero(t, h.Topics())
	})
	synctest.Test(t, func(t *testing.T) {
		h, c := hub(), &counter{fail: func(poll int) error {
			if poll > 1 && poll < 8 {
				return away
			}
			return nil
		}}
		r := h.Subscribe("a", c.poll)
		defer r.Close()
		require.Equal(t, 1, take(t, r).value)
		begin := time.Now()
		require.Equal(t, 8, take(t, r).value, "later errors are waited out")
		// 1 s, then twice as long each time, up to maxDelay.
		require.Equal(t, (1+2+4+8+15+15+15)*time.Second, time.Since(begin))
	})
}

func TestATaskThatVanishesEndsItsTopic(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h, c := hub(), &counter{fail: func(poll int) error {
			if poll > 1 {
				return fmt.Errorf("poll: %w", &tasklog.NotFoundError{ID: "gone"})
			}
			return nil
		}}
		r := h.Subscribe("a", c.poll)
		defer r.Close()
		require.Equal(t, 1, take(t, r).value)
		<-r.Wake()
		_, _, err := r.Take()
		_, vanished := errors.AsType[*tasklog.NotFoundError](err)
		require.True(t, vanished)
		require.Zero(t, h.Topics())
		time.Sleep(5 * interval)
		require.EqualValues(t, 2, c.polls.Load())
	})
}

func TestExpensivePollsAreRare(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := hub()
		var polls atomic.Int64
		r := h.Subscribe("a", func(context.Context) (sum, bool, error) {
			polls.Add(1)
			time.Sleep(2 * time.Second)
			return sum{}, true, nil
		})
		time.Sleep(50 * time.Second)
		require.EqualValues(t, 5, polls.Load())
		r.Close()
		synctest.Wait()
		time.Sleep(time.Minute)
	})
}

func TestFewPollsRunAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := hub()
		var running, most atomic.Int64
		for i := range 100 {
			r := h.Subscribe(string(rune('a'+i)), func(ctx context.Context) (sum, bool, error) {
				if now := running.Add(1); now > most.Load() {
					most.Store(now)
				}
				defer running.Add(-1)
				select {
				case <-time.After(time.Second):
				case <-ctx.Done():
				}
				return sum{}, true, ctx.Err()
			})
			defer r.Close()
		}
		time.Sleep(time.Minute)
		require.EqualValues(t, atOnce, most.Load())
	})
}
