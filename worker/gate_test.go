package worker

import (
	"context"
	"testing"
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
	pollNow(t, g, a)
	before := time.Now()
	pollNow(t, g, b) // granted when a's poll is parked
	require.GreaterOrEqual(t, time.Since(before), minFresh/2)
}

func TestGateNoPollWithoutAPermit(t *testing.T) {
	t.Parallel()
	g := newGate(Weight, 1, 0)
	a, b := g.addLine(Queue{Name: "a", Weight: 1}), g.addLine(Queue{Name: "b", Weight: 1})
	p := pollNow(t, g, a)
	g.received(p)
	require.NoError(t, g.begin(t.Context(), a))
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
	g := newGate(Weight, 1, 0)
	a, b := g.addLine(Queue{Name: "a", Weight: 1}), g.addLine(Queue{Name: "b", Weight: 1})
	parked := pollNow(t, g, b)
	first := pollNow(t, g, a) // so b's poll is parked
	g.received(first)
	require.NoError(t, g.begin(t.Context(), a))
	g.received(parked)
	held := make(chan error, 1)
	go func() { held <- g.begin(t.Context(), b) }()
	require.Eventually(t, func() bool { g.mu.Lock(); defer g.mu.Unlock(); return len(g.held) == 1 }, time.Second, time.Millisecond)
	g.end(a)
	require.NoError(t, <-held)
	refused(t, g, a)
}

func TestGateAHeldTaskIsHandedBackInTime(t *testing.T) {
	t.Parallel()
	g := newGate(Weight, 1, 0)
	a, b := g.addLine(Queue{Name: "a", Weight: 1}), g.addLine(Queue{Name: "b", Weight: 1})
	parked := pollNow(t, g, b)
	first := pollNow(t, g, a)
	g.received(first)
	require.NoError(t, g.begin(t.Context(), a))
	g.received(parked)
	require.ErrorIs(t, g.begin(t.Context(), b), errNoPermit)
}

func TestGatePauseStopsPollsAndHandsHeldTasksBack(t *testing.T) {
	t.Parallel()
	g := newGate(Weight, 1, 0)
	a := g.addLine(Queue{Name: "a", Weight: 1})
	p := pollNow(t, g, a)
	g.pause()
	g.received(p)
	require.ErrorIs(t, g.begin(t.Context(), a), errPaused)
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
		require.NoError(t, g.begin(t.Context(), a))
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
	require.NoError(t, g.begin(t.Context(), a))
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
