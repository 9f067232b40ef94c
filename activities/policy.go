package activities

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/distributed-task-queue/taskqueue/task"
)

// policy returns the action's policy as the workflow needs it.
func (a Action) policy() task.Policy {
	p := a.Policy
	p.Remote = a.RemoteStatus != nil
	return p
}

// PolicyOf returns how the action may be run; false if it is not registered.
func (r *Registry) PolicyOf(name string) (task.Policy, bool) {
	a, ok := r.Lookup(name)
	return a.policy(), ok
}

// EffectivePolicy returns how the action may be run: as configured, and as the action says where the configuration says nothing. It is
// false if the action is not registered, so that only a worker can tell.
func (r *Registry) EffectivePolicy(name string, configured map[string]task.Policy) (task.Policy, bool) {
	own, known := r.PolicyOf(name)
	if p, ok := configured[name]; ok {
		return merge(p, own), known
	}
	return own, known
}

// merge returns the configured policy, completed from the action's own. The action stays fast if it still can be: one attempt, or a timeout
// above task.MaxFastTimeout, is how a configuration ends that, as false is what is left out.
func merge(configured, own task.Policy) task.Policy {
	merged := task.Policy{
		Attempts:         cmp.Or(configured.Attempts, own.Attempts),
		Backoff:          cmp.Or(configured.Backoff, own.Backoff),
		MaxBackoff:       cmp.Or(configured.MaxBackoff, own.MaxBackoff),
		Timeout:          cmp.Or(configured.Timeout, own.Timeout),
		HeartbeatTimeout: cmp.Or(configured.HeartbeatTimeout, own.HeartbeatTimeout),
		Remote:           own.Remote,
	}
	merged.Fast = configured.Fast || own.Fast && merged.Idempotent() && merged.Timeout <= task.MaxFastTimeout
	return merged
}

// CheckPolicies returns an error, which names the action and the field, if an effective policy is not valid. Of an action that is not
// registered what is configured is all there is to check.
func (r *Registry) CheckPolicies(configured map[string]task.Policy) error {
	for _, name := range slices.Sorted(maps.Keys(configured)) {
		policy, _ := r.EffectivePolicy(name, configured)
		if err := policy.Validate(); err != nil {
			return fmt.Errorf("action %q: %w", name, err)
		}
	}
	return nil
}
