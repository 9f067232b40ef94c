package queueadmin

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"
)

func TestAHistoryExportsWhatItSawLast(t *testing.T) {
	t.Parallel()
	away := false
	h := &History{logger: slog.New(slog.DiscardHandler), list: func(context.Context) ([]Queue, error) {
		if away {
			return nil, errors.New("away")
		}
		return []Queue{
			{Name: "a", Broker: "temporal", Waiting: 7, Traffic: Traffic{OldestSeconds: 1.5}, Workers: []Worker{{}, {}}},
			{Name: "b", Broker: "rds", Paused: true},
		}, nil
	}}
	require.Zero(t, testutil.CollectAndCount(h))
	require.NoError(t, h.sample(t.Context()))
	require.NoError(t, testutil.CollectAndCompare(h, strings.NewReader(`
# HELP taskqueue_queue_oldest_age_seconds About how long the task that is next has waited in Temporal.
# TYPE taskqueue_queue_oldest_age_seconds gauge
taskqueue_queue_oldest_age_seconds{broker="rds",queue="b"} 0
taskqueue_queue_oldest_age_seconds{broker="temporal",queue="a"} 1.5
# HELP taskqueue_queue_paused 1 if no worker gets the queue's tasks because the queue is paused, otherwise 0.
# TYPE taskqueue_queue_paused gauge
taskqueue_queue_paused{broker="rds",queue="b"} 1
taskqueue_queue_paused{broker="temporal",queue="a"} 0
# HELP taskqueue_queue_waiting About how many tasks wait in the queue, in the broker's store and in Temporal.
# TYPE taskqueue_queue_waiting gauge
taskqueue_queue_waiting{broker="rds",queue="b"} 0
taskqueue_queue_waiting{broker="temporal",queue="a"} 7
# HELP taskqueue_queue_workers Workers that have asked for tasks of the queue lately.
# TYPE taskqueue_queue_workers gauge
taskqueue_queue_workers{broker="rds",queue="b"} 0
taskqueue_queue_workers{broker="temporal",queue="a"} 2
`)))
	away = true
	require.Error(t, h.sample(t.Context()))
	require.Zero(t, testutil.CollectAndCount(h), "what is not known is left out")
}
