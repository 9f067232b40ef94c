package worker

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/distributed-task-queue/taskqueue/internal/machine"
)

// limitInterval is how often a worker with limits measures the machine.
const limitInterval = time.Second

// Limits keep a worker from taking tasks while its machine is busy, whoever keeps it so: while a limit is reached, no task is started,
// and those that run go on. In a container with limits of its own the shares are of these. They can be measured on Linux only.
type Limits struct {
	// CPU is how much of the processors may be used, in percent. Default: 0, any.
	CPU float64 `yaml:"cpu"`
	// Memory is how much of the memory may be used, in percent, without what the system can free at once. Default: 0, any.
	Memory float64 `yaml:"memory"`
}

// Validate returns an error that names the field that is wrong.
func (l Limits) Validate() error {
	for _, f := range []struct {
		name    string
		percent float64
	}{{"cpu", l.CPU}, {"memory", l.Memory}} {
		if !(f.percent >= 0 && f.percent <= 100) { // so that NaN is refused too
			return fmt.Errorf("%s is %g: it must be a percentage up to 100, or 0 for no limit", f.name, f.percent)
		}
	}
	return nil
}

func (l Limits) isZero() bool { return l == Limits{} }

// reached reports whether the machine is as busy as it may be.
func (l Limits) reached(u machine.Usage) bool {
	return l.CPU > 0 && u.CPU >= l.CPU || l.Memory > 0 && u.Memory >= l.Memory
}

// limiter holds the gate shut while the limits are reached.
type limiter struct {
	limits  Limits
	measure func() (machine.Usage, error)
	gate    *gate
	logger  *slog.Logger

	full   bool // a limit is reached
	failed bool // the last measurement has failed
}

// newLimiter returns a limiter for this machine.
func newLimiter(limits Limits, g *gate, logger *slog.Logger) (*limiter, error) {
	meter, err := machine.New()
	if err != nil {
		return nil, err
	}
	return &limiter{limits: limits, measure: meter.Measure, gate: g, logger: logger}, nil
}

// run looks at the machine from time to time until ctx ends.
func (l *limiter) run(ctx context.Context) {
	ticker := time.NewTicker(limitInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			l.look()
		case <-ctx.Done():
			return
		}
	}
}

// look measures the machine. While that fails, what was known last holds.
func (l *limiter) look() {
	usage, err := l.measure()
	if err != nil {
		if !l.failed {
			l.logger.Warn("The machine's load cannot be measured; the worker goes on as before", "error", err, "full", l.full)
		}
		l.failed = true
		return
	}
	l.failed = false
	full := l.limits.reached(usage)
	if full == l.full {
		return
	}
	l.full = full
	l.gate.setFull(full)
	state := "The machine is below its limits; the worker takes tasks again"
	if full {
		state = "The machine is at its limits; the worker takes no more tasks"
	}
	l.logger.Info(state, "cpuPercent", usage.CPU, "memoryPercent", usage.Memory, "cpuLimit", l.limits.CPU, "memoryLimit", l.limits.Memory)
}

// setFull keeps permits back while the machine is at its limits.
func (g *gate) setFull(full bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.full = full
	for _, l := range g.lines {
		l.gauges.setFull(full)
	}
	g.grant()
}
