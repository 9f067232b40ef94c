package task_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/distributed-task-queue/taskqueue/task"
)

func TestAPolicyIsRefusedWithTheNameOfWhatCannotBe(t *testing.T) {
	t.Parallel()
	for want, policy := range map[string]task.Policy{
		"policy.attempts is -1; it must be from 1 to 1000000, or 0 for the default of 1":                          {Attempts: -1},
		"policy.attempts is 1000001; it must be from 1 to 1000000":                                                {Attempts: 1_000_001},
		"policy.backoff is -1s; it cannot be negative":                                                            {Backoff: -time.Second},
		"policy.maxBackoff is 1s; it must be at least the backoff, 2s":                                            {Backoff: 2 * time.Second, MaxBackoff: time.Second},
		"policy.timeout is -1s; it cannot be negative":                                                            {Timeout: -time.Second},
		"policy.heartbeatTimeout is 1s; it must be at least 3s, or 0 for the default of 30s":                      {HeartbeatTimeout: time.Second},
		"policy.heartbeatTimeout is -1s; it must be at least 3s, or 0 for the default of 30s":                     {HeartbeatTimeout: -time.Second},
		"policy.fast is set, but attempts are 1; only an idempotent action, with 2 attempts or more, can be fast": {Fast: true},
		"policy.timeout is 11s; that of a fast action is at most 10s":                                             {Fast: true, Attempts: 2, Timeout: 11 * time.Second},
		"policy.fast is set, but the action's work is done elsewhere":                                             {Fast: true, Attempts: 2, Remote: true},
	} {
		var invalid *task.InvalidError
		require.ErrorAs(t, policy.Validate(), &invalid)
		require.ErrorContains(t, invalid, want)
	}
	for _, policy := range []task.Policy{
		{},
		{Attempts: 3, Backoff: time.Second, MaxBackoff: time.Second, Timeout: time.Hour, HeartbeatTimeout: 3 * time.Second},
		{Attempts: 1_000_000},
		{Attempts: 2, Timeout: 10 * time.Second, Fast: true},
	} {
		require.NoError(t, policy.Validate(), "%+v", policy)
	}
}
