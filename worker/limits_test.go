package worker

import (
	"bytes"
	"errors"
	"log/slog"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/distributed-task-queue/taskqueue/internal/machine"
)

// 60: usage of 50/50 below limits of 80/80 lets tasks start, 90/90 does not.
func TestLimitsAreReached(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		limits      Limits
		cpu, memory float64
		reached     bool
	}{
		{Limits{CPU: 80, Memory: 80}, 50, 50, false},
		{Limits{CPU: 80, Memory: 80}, 90, 90, true},
		{Limits{CPU: 80, Memory: 80}, 50, 90, true},
		{Limits{CPU: 80, Memory: 80}, 90, 50, true},
		{Limits{CPU: 80, Memory: 80}, 80, 0, true},
		{Limits{CPU: 80}, 50, 100, false},
		{Limits{Memory: 80}, 100, 50, false},
	} {
		require.Equal(t, c.reached, c.limits.reached(machine.Usage{CPU: c.cpu, Memory: c.memory}), "%+v", c)
	}
}

func TestLimitsThatMakeNoSense(t *testing.T) {
	t.Parallel()
	require.NoError(t, Limits{}.Validate())
	require.NoError(t, Limits{CPU: 100, Memory: 0.5}.Validate())
	require.EqualError(t, Limits{CPU: -1}.Validate(), "cpu is -1: it must be a percentage up to 100, or 0 for no limit")
	require.ErrorContains(t, Limits{Memory: math.NaN()}.Validate(), "memory is NaN")
}

func TestAFullMachineGetsNoTasks(t *testing.T) {
	t.Parallel()
	g := newGate(Weight, 2, 0)
	a, b := g.addLine(Queue{Name: "a", Weight: 1}), g.addLine(Queue{Name: "b", Weight: 1})
	var log bytes.Buffer
	var usage machine.Usage
	var failure error
	l := &limiter{
		limits: Limits{CPU: 80}, gate: g, logger: slog.New(slog.NewTextHandler(&log, nil)),
		measure: func() (machine.Usage, error) { return usage, failure },
	}
	l.look()
	parked := pollNow(t, g, b)
	require.Eventually(t, func() bool { g.mu.Lock(); defer g.mu.Unlock(); return b.parked == 1 }, 2*time.Minute, time.Millisecond)
	p := pollNow(t, g, a)
	g.received(p)

	usage.CPU = 95
	l.look()
	refused(t, g, b)
	require.NoError(t, g.begin(t.Context(), a, 0), "what has come for a permit is run")
	failure = errors.New("no such file")
	l.look()
	l.look()
	refused(t, g, b)
	require.Equal(t, 1, strings.Count(log.String(), "cannot be measured"))
	require.Equal(t, 1, strings.Count(log.String(), "takes no more tasks"))

	// A task that a parked poll brings waits for a moment, and is handed back.
	g.received(parked)
	require.ErrorIs(t, g.begin(t.Context(), b, 0), errNoPermit)
	g.release(parked)
	failure, usage.CPU = nil, 50
	l.look()
	pollNow(t, g, b)
	require.Contains(t, log.String(), "takes tasks again")
	g.end(a)
}
