package activities_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/distributed-task-queue/taskqueue/activities"
	"github.com/distributed-task-queue/taskqueue/task"
)

func TestAConfiguredPolicyIsCompletedFromTheActions(t *testing.T) {
	t.Parallel()
	own := task.Policy{Attempts: 5, Backoff: time.Second, MaxBackoff: time.Minute, Timeout: 10 * time.Second, Fast: true}
	other := task.Policy{Attempts: 2, Backoff: 2, MaxBackoff: 3, Timeout: 4, HeartbeatTimeout: time.Hour, Fast: true}
	changed := func(change func(*task.Policy)) task.Policy {
		p := own
		change(&p)
		return p
	}
	for name, c := range map[string]struct {
		configured, want task.Policy
	}{
		"nothing":  {task.Policy{}, own},
		"all":      {other, other},
		"one":      {task.Policy{HeartbeatTimeout: time.Hour}, changed(func(p *task.Policy) { p.HeartbeatTimeout = time.Hour })},
		"once":     {task.Policy{Attempts: 1}, changed(func(p *task.Policy) { p.Attempts, p.Fast = 1, false })},
		"for long": {task.Policy{Timeout: time.Hour}, changed(func(p *task.Policy) { p.Timeout, p.Fast = time.Hour, false })},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, known := withPolicy(t, own, nil).EffectivePolicy("a", map[string]task.Policy{"a": c.configured})
			require.True(t, known)
			require.Equal(t, c.want, got)
		})
	}
	elsewhere, known := activities.NewRegistry().EffectivePolicy("a", map[string]task.Policy{"a": own})
	require.False(t, known)
	require.Equal(t, own, elsewhere)
}

func TestAPolicyIsCheckedWhenItIsComplete(t *testing.T) {
	t.Parallel()
	check := func(r *activities.Registry, configured task.Policy) error {
		return r.CheckPolicies(map[string]task.Policy{"a": configured})
	}
	patient := withPolicy(t, task.Policy{Attempts: 5, MaxBackoff: time.Minute}, nil)
	require.NoError(t, check(patient, task.Policy{Fast: true}))
	require.ErrorContains(t, check(patient, task.Policy{Backoff: time.Hour}), `action "a": invalid task: policy.maxBackoff is 1m0s`)

	elsewhere := func(context.Context, *task.Task) (task.Status, error) { return task.Completed, nil }
	remote := withPolicy(t, task.Policy{}, elsewhere)
	require.NoError(t, check(remote, task.Policy{Attempts: 2}))
	require.ErrorContains(t, check(remote, task.Policy{Attempts: 2, Fast: true}), "the action's work is done elsewhere")

	unknown := activities.NewRegistry()
	require.NoError(t, check(unknown, task.Policy{Timeout: time.Hour}))
	require.ErrorContains(t, check(unknown, task.Policy{Attempts: -1}), "policy.attempts is -1")
}

// withPolicy returns a registry of the action "a".
func withPolicy(t *testing.T, p task.Policy, status func(context.Context, *task.Task) (task.Status, error)) *activities.Registry {
	t.Helper()
	r := activities.NewRegistry()
	require.NoError(t, r.Add(activities.Action{
		Name: "a", Policy: p, RemoteStatus: status,
		Run: func(context.Context, json.RawMessage) (task.Report, error) { return task.Report{}, nil },
	}))
	return r
}
