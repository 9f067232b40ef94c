package task

import (
	"fmt"
	"time"
)

const (
	// DefaultHeartbeatTimeout is how long the worker of a running action may be silent when its policy does not say.
	DefaultHeartbeatTimeout = 30 * time.Second
	// MinHeartbeatTimeout leaves room for a heartbeat or two that come late: workers send one every second at most.
	MinHeartbeatTimeout = 3 * time.Second
)

// MaxAttempts is as good as without end, and far from where Temporal's number of attempts overflows.
const MaxAttempts = 1_000_000

// MaxFastTimeout is the longest timeout of a fast action: its worker must answer Temporal meanwhile.
const MaxFastTimeout = 10 * time.Second

// Policy says how a task's action may be run. The zero value runs it at most once, for as long as it takes. As JSON, durations are
// nanoseconds.
type Policy struct {
	// Attempts is how often the action may be started. More than 1 declares the action idempotent: it is started again when it
	// returns an error, when it takes longer than its timeout and when its worker is lost. At most MaxAttempts.
	// Default: 1.
	Attempts int `json:"attempts,omitempty" yaml:"attempts"`
	// Backoff is the wait before the second attempt; each further wait is twice as long. Default: 1 s.
	Backoff time.Duration `json:"backoff,omitempty" yaml:"backoff"`
	// MaxBackoff is the longest wait. Default: 100 times Backoff.
	MaxBackoff time.Duration `json:"maxBackoff,omitempty" yaml:"maxBackoff"`
	// Timeout is how long one attempt may take. Then the action's context ends. Default: as long as it takes.
	Timeout time.Duration `json:"timeout,omitempty" yaml:"timeout"`
	// HeartbeatTimeout is how long the worker of a running action may be silent. Then the worker counts as lost, and with it the attempt.
	// A longer one lets running tasks survive a longer outage of Temporal; a shorter one notices lost workers sooner. At least 3 s.
	// Default: 30 s.
	HeartbeatTimeout time.Duration `json:"heartbeatTimeout,omitempty" yaml:"heartbeatTimeout"`
	// Fast runs the action in the worker that has the task's workflow, without a way through the server: for short, idempotent actions.
	// When that worker has no permit free in time, the task goes the way of all others. Default: false.
	Fast bool `json:"fast,omitempty" yaml:"fast"`
	// Remote says that the task is done when its work elsewhere is: its action is asked for the remote status. It is
	// set by what the action implements.
	Remote bool `json:"remote,omitempty" yaml:"-"`
}

// Idempotent reports whether the action may be started more than once.
func (p Policy) Idempotent() bool { return p.Attempts > 1 }

// Validate reports what cannot be, and names the field.
func (p Policy) Validate() error {
	refuse := func(field, format string, args ...any) error {
		return &InvalidError{Field: "policy." + field, Reason: fmt.Sprintf(format, args...)}
	}
	switch {
	case p.Attempts < 0 || p.Attempts > MaxAttempts:
		return refuse("attempts", "is %d; it must be from 1 to %d, or 0 for the default of 1", p.Attempts, MaxAttempts)
	case p.Backoff < 0:
		return refuse("backoff", "is %s; it cannot be negative", p.Backoff)
	case p.MaxBackoff < 0 || p.MaxBackoff > 0 && p.MaxBackoff < p.Backoff:
		return refuse("maxBackoff", "is %s; it must be at least the backoff, %s", p.MaxBackoff, p.Backoff)
	case p.Timeout < 0:
		return refuse("timeout", "is %s; it cannot be negative", p.Timeout)
	case p.HeartbeatTimeout != 0 && p.HeartbeatTimeout < MinHeartbeatTimeout:
		return refuse("heartbeatTimeout", "is %s; it must be at least %s, or 0 for the default of %s", p.HeartbeatTimeout, MinHeartbeatTimeout, DefaultHeartbeatTimeout)
	case p.Fast && !p.Idempotent():
		return refuse("fast", "is set, but attempts are %d; only an idempotent action, with 2 attempts or more, can be fast", max(p.Attempts, 1))
	case p.Fast && p.Timeout > MaxFastTimeout:
		return refuse("timeout", "is %s; that of a fast action is at most %s", p.Timeout, MaxFastTimeout)
	case p.Fast && p.Remote:
		return refuse("fast", "is set, but the action's work is done elsewhere")
	}
	return nil
}
