package worker

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// pollNow opens a poll that must be granted at once.
func pollNow(t *testing.T, g *gate, l *line) *poll {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	p, err := g.openPoll(ctx, l)
	require.NoError(t, err)
	return p
}

// refused tells that a poll is not granted for longer than polls stay fresh.
func refused(t *testing.T, g *gate, l *line) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*minFresh)
	defer cancel()
	_, err := g.openPoll(ctx, l)
	require.ErrorIs(t, err, context.DeadlineExceeded)
}

func TestGateAFreshPollHoldsThePermitAndAParkedOneDoesNot(t *testing.T) {
	t.Parallel()
	g := newGate(Weight, 1, 0)
	a, b := g.addLine(Queue{Name: "a", Weight: 1}), g.addLine(Queue{Name: "b", Weight: 1})
	before := time.Now()
	pollNow(t, g, a)
	pollNow(t, g, b) // granted when a's poll is parked
	require.GreaterOrEqual(t, time.Since(before), minFresh/2)
}

func TestGateNoPollWithoutAPermit(t *testing.T) {
	t.Parallel()
	g := newGate(Weight, 1, 0)
	a, b := g.addLine(Queue{Name: "a", Weight: 1}), g.addLine(Queue{Name: "b", Weight: 1})
	p := pollNow(t, g, a)
	g.received(p)
	require.NoError(t, g.begin(t.Context(), a, 0))
	refused(t, g, b)
	g.end(a)
	g.release(p)
	pollNow(t, g, b)
}

func TestGateATaskThatNeverBeginsGivesItsPermitBack(t *testing.T) {
	t.Parallel()
	g := newGate(Weight, 1, 0)
	a := g.addLine(Queue{Name: "a", Weight: 1})
	p := pollNow(t, g, a)
	g.received(p)
	g.release(p)
	pollNow(t, g, a)
}

func TestGateAHeldTaskGetsTheNextPermitBeforeAnyPoll(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGate(Weight, 1, 0)
		a, b := g.addLine(Queue{Name: "a", Weight: 1}), g.addLine(Queue{Name: "b", Weight: 1})
		parked := pollNow(t, g, b)
		first := pollNow(t, g, a) // so b's poll is parked
		g.received(first)
		require.NoError(t, g.begin(t.Context(), a, 0))
		g.received(parked)
		held := make(chan error, 1)
		go func() { held <- g.begin(t.Context(), b, 0) }()
		synctest.Wait()
		require.Len(t, g.held, 1)
		g.end(a)
		require.NoError(t, <-held)
		refused(t, g, a)
	})
}

func TestGateAHeldTaskIsHandedBackInTime(t *testing.T) {
	t.Parallel()
	g := newGate(Weight, 1, 0)
	a, b := g.addLine(Queue{Name: "a", Weight: 1}), g.addLine(Queue{Name: "b", Weight: 1})
	parked := pollNow(t, g, b)
	first := pollNow(t, g, a)
	g.received(first)
	require.NoError(t, g.begin(t.Context(), a, 0))
	g.received(parked)
	require.ErrorIs(t, g.begin(t.Context(), b, 0), errNoPermit)
}

func TestGatePauseStopsPollsAndHandsHeldTasksBack(t *testing.T) {
	t.Parallel()
	g := newGate(Weight, 1, 0)
	a := g.addLine(Queue{Name: "a", Weight: 1})
	p := pollNow(t, g, a)
	g.pause()
	g.received(p)
	require.ErrorIs(t, g.begin(t.Context(), a, 0), errPaused)
	g.release(p)
	refused(t, g, a)
	g.resume()
	pollNow(t, g, a)
}

func TestGateLimitCountsStartedTasks(t *testing.T) {
	t.Parallel()
	g := newGate(Weight, 4, 2)
	a := g.addLine(Queue{Name: "a", Weight: 1})
	for range 2 {
		p := pollNow(t, g, a)
		g.received(p)
		require.NoError(t, g.begin(t.Context(), a, 0))
		defer g.release(p)
	}
	refused(t, g, a)
	g.end(a)
	select {
	case <-g.done:
		t.Fatal("done while a task runs")
	default:
	}
	g.end(a)
	<-g.done
}

func TestGateADeclinedTaskGivesItsPermitBackWhileOthersRun(t *testing.T) {
	t.Parallel()
	g := newGate(Weight, 2, 0)
	a := g.addLine(Queue{Name: "a", Weight: 1})
	slow := pollNow(t, g, a)
	g.received(slow)
	require.NoError(t, g.begin(t.Context(), a, 0))
	unknown := pollNow(t, g, a)
	g.received(unknown)
	g.decline(a)
	g.release(unknown)
	pollNow(t, g, a)
}

func TestGateStoppedIsNotResumed(t *testing.T) {
	t.Parallel()
	g := newGate(Weight, 1, 0)
	a := g.addLine(Queue{Name: "a", Weight: 1})
	g.stop()
	require.False(t, g.resume())
	refused(t, g, a)
}

func TestGateAnAbandonedPollGivesItsPlaceBack(t *testing.T) {
	t.Parallel()
	g := newGate(Weight, 1, 0)
	a := g.addLine(Queue{Name: "a", Weight: 1})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := g.openPoll(ctx, a)
	if err == nil { // granted before the context was looked at
		return
	}
	require.ErrorIs(t, err, context.Canceled)
	pollNow(t, g, a)
}

// beginSoon starts to wait for a permit for a task that came without a poll, and returns when it waits or has one.
func beginSoon(t *testing.T, g *gate, l *line) <-chan error {
	t.Helper()
	came := make(chan error, 1)
	go func() { came <- g.beginHere(t.Context(), l) }()
	synctest.Wait()
	return came
}

func TestGateATaskThatIsHereStartsWhenAPermitIsFree(t *testing.T) {
	t.Parallel()
	g := newGate(Weight, 1, 0)
	a := g.addLine(Queue{Name: "a", Weight: 1})
	require.NoError(t, g.beginHere(t.Context(), a))
	refused(t, g, a)
	g.end(a)
	pollNow(t, g, a)
}

func TestGateATaskThatIsHereIsRefusedInTimeAndWhenPaused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGate(Weight, 1, 0)
		a := g.addLine(Queue{Name: "a", Weight: 1})
		require.NoError(t, g.beginHere(t.Context(), a))
		before := time.Now()
		require.ErrorIs(t, g.beginHere(t.Context(), a), errNoPermit)
		require.Equal(t, holdFor, time.Since(before))

		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		require.ErrorIs(t, g.beginHere(ctx, a), errNoPermit)

		waits := beginSoon(t, g, a)
		g.pause()
		require.ErrorIs(t, <-waits, errPaused)
		require.ErrorIs(t, g.beginHere(t.Context(), a), errPaused)
		g.end(a)
		g.resume()
		require.NoError(t, g.beginHere(t.Context(), a))
	})
}

func TestGateTasksThatAreHereTakeTurnsByWeight(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGate(Weight, 1, 0)
		queues := []Queue{{Name: "a", Weight: 1}, {Name: "b", Weight: 2}}
		for _, q := range queues {
			g.addLine(q)
		}
		var mu sync.Mutex
		var order []string
		add := func(name string) (enough bool) {
			mu.Lock()
			defer mu.Unlock()
			order = append(order, name)
			return len(order) >= 300
		}
		var all sync.WaitGroup
		for _, l := range g.lines {
			for range 2 { // so that each queue has a task that waits
				all.Go(func() {
					for enough := false; !enough; {
						if g.beginHere(t.Context(), l) == nil {
							enough = add(l.name)
							time.Sleep(time.Millisecond)
							g.end(l)
						}
					}
				})
			}
		}
		all.Wait()
		requireShares(t, 2, 300, func(queue string, n int) int {
			count := 0
			for _, name := range order[:n] {
				if name == queue {
					count++
				}
			}
			return count
		}, queues...)
	})
}

func TestGateATaskThatIsHereDoesNotGoAheadOfAQueueWhoseTurnItIs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGate(Strict, 1, 0)
		light, heavy := g.addLine(Queue{Name: "light", Weight: 1}), g.addLine(Queue{Name: "heavy", Weight: 2})
		require.NoError(t, g.beginHere(t.Context(), light))
		waits := beginSoon(t, g, light)
		polls := make(chan *poll, 1)
		go func() {
			p, _ := g.openPoll(t.Context(), heavy)
			polls <- p
		}()
		synctest.Wait()
		g.end(light)
		p := <-polls
		require.Empty(t, waits)
		g.received(p)
		require.NoError(t, g.begin(t.Context(), heavy, 0))
		g.end(heavy)
		g.release(p)
		require.NoError(t, <-waits)
	})
}

func TestGateReservedPermitsAreForTheirQueueOnly(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGate(Weight, 3, 0)
		flood, urgent := g.addLine(Queue{Name: "flood", Weight: 9}), g.addLine(Queue{Name: "urgent", Weight: 1, Reserved: 1})
		for range 2 {
			require.NoError(t, g.beginHere(t.Context(), flood))
		}
		require.ErrorIs(t, g.beginHere(t.Context(), flood), errNoPermit)
		require.NoError(t, g.beginHere(t.Context(), urgent))
		require.ErrorIs(t, g.beginHere(t.Context(), urgent), errNoPermit)
		g.end(flood)
		require.NoError(t, g.beginHere(t.Context(), urgent), "it may use the permits for all as well")
		require.ErrorIs(t, g.beginHere(t.Context(), flood), errNoPermit)
		g.end(urgent)
		require.NoError(t, g.beginHere(t.Context(), flood))
	})
}

func TestAFloodNeverMakesAReservedQueueWait(t *testing.T) {
	t.Parallel()
	const ms = time.Millisecond
	for _, strategy := range []Strategy{Weight, Strict} {
		for _, run := range []time.Duration{ms, time.Second} { // short tasks keep polls open, long ones keep permits
			s := simulate(t, strategy, 4, func(s *simulation) bool { return s.count("urgent", len(s.starts)) == 20 },
				simulated{Queue: Queue{Name: "flood", Weight: 100}, backlog: 50_000, answer: always(5 * ms), run: run},
				simulated{Queue: Queue{Name: "urgent", Weight: 1, Reserved: 1}, answer: always(5 * ms), run: 10 * ms, arrive: 500 * ms})
			// Every one of its tasks has been started before the next came.
			require.InDelta(t, 20, s.took/(500*ms), 1)
		}
	}
}

// A single task comes to a worker that has nothing to do, whose poller is back at once.
func TestGateATaskOfAParkedPollTakesTheFreePermitBeforeTheNextPoll(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGate(Weight, 1, 0)
		a := g.addLine(Queue{Name: "a", Weight: 1})
		p := pollNow(t, g, a)
		time.Sleep(2 * minFresh) // the poll is parked
		next := make(chan *poll, 1)
		go func() {
			if opened, err := g.openPoll(t.Context(), a); err == nil {
				next <- opened
			}
		}()
		synctest.Wait()
		before := time.Now()
		g.received(p)
		require.NoError(t, g.begin(t.Context(), a, 0))
		require.Zero(t, time.Since(before), "the task has waited for a poll that brings nothing")
		time.Sleep(time.Minute)
		require.Empty(t, next, "a poll was opened without a permit: what it brings cannot run here")
		g.end(a)
		g.release(p)
		require.NotNil(t, <-next)
	})
}
