package queueadmin

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestTheHistoryIsOfTheLastHour(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		looks := int64(0)
		h := &History{logger: slog.New(slog.DiscardHandler), list: func(context.Context) ([]Queue, error) {
			looks++
			if looks == 3 {
				return nil, errors.New("away")
			}
			return []Queue{{Name: "a", Waiting: looks, Traffic: Traffic{OldestSeconds: 1.5}}, {Name: "b"}}, nil
		}}
		require.NotNil(t, h.Samples())
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { h.Run(ctx); close(ended) }()
		time.Sleep(3*HistoryInterval + time.Second)
		three := h.Samples()
		require.Len(t, three, 3, "the one that failed is left out")
		require.Equal(t, map[string]Load{"a": {Waiting: 4, Traffic: Traffic{OldestSeconds: 1.5}}, "b": {}}, three[2].Queues)
		require.Equal(t, HistoryInterval, three[1].At.Sub(three[0].At))

		time.Sleep(2 * HistoryLength)
		full := h.Samples()
		require.Len(t, full, int(HistoryLength/HistoryInterval)+1)
		require.Equal(t, HistoryLength, full[len(full)-1].At.Sub(full[0].At))
		stop()
		<-ended
	})
}
