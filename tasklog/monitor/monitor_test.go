package monitor

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"

	"github.com/distributed-task-queue/taskqueue/internal/temporaltest"
)

func TestAServerThatIsDownIsLoggedOnce(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	nowhere, err := client.NewLazyClient(client.Options{HostPort: "127.0.0.1:1", Logger: log.NewStructuredLogger(temporaltest.Logger(t))})
	require.NoError(t, err)
	t.Cleanup(nowhere.Close)
	m := b.newMonitor(nowhere, 200*time.Millisecond)
	m.look(t.Context())
	m.look(t.Context())
	require.False(t, m.Index().Up)
	exported := scrape(t, m)
	require.Contains(t, exported, "\ntaskqueue_log_index_up 0\n")
	require.NotContains(t, exported, MetricLag+" ")
	require.NotContains(t, exported, MetricRetention+" ")
	for _, measurement := range []string{"index", "reach", "removed"} {
		require.Contains(t, exported, `taskqueue_log_measurement_errors_total{measurement="`+measurement+`"} 2`)
		require.Equal(t, 1, strings.Count(b.log.String(), "cannot be measured; that is logged again only after it worked\" measurement="+measurement))
	}
	require.Nil(t, m.Info().Index.LagSeconds)
	require.Error(t, m.Measure(t.Context()))

	m.config.Client, m.config.Timeout = b.client, 10*time.Second // the server is back
	m.look(t.Context())
	require.True(t, m.Index().Up)
	require.Equal(t, 3, strings.Count(b.log.String(), "can be measured again"))
	m.config.Client, m.config.Timeout = nowhere, 200*time.Millisecond
	m.look(t.Context())
	require.Equal(t, 2, strings.Count(b.log.String(), "cannot be measured; that is logged again only after it worked\" measurement=index"))
}

func TestRunMeasuresUntilItIsStopped(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	b.config.Interval = 100 * time.Millisecond
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- b.Run(ctx) }()
	var first time.Time
	require.Eventually(t, func() bool {
		index := b.Index()
		if index != nil && first.IsZero() {
			first = index.MeasuredAt
		}
		return index != nil && index.MeasuredAt.After(first)
	}, 2*time.Minute, 10*time.Millisecond)
	require.NotNil(t, b.Reach())
	stop()
	require.NoError(t, <-ended)
	require.True(t, b.Index().Up, "the end is not a failure")
	require.Zero(t, strings.Count(b.log.String(), "WARN"))
	b.requireNoProbe()
}

func TestMeasureTellsThatItWasStopped(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	ctx, stop := context.WithCancel(t.Context())
	stop()
	require.ErrorIs(t, b.Measure(ctx), context.Canceled)
	require.Nil(t, b.Index())
}

func TestNewRefusesWhatCannotWork(t *testing.T) {
	t.Parallel()
	_, err := New(Config{})
	require.ErrorContains(t, err, "Client")
	_, err = New(Config{Client: blind{}, Interval: -1})
	require.ErrorContains(t, err, "Interval")
	_, err = New(Config{Client: blind{}, Timeout: -1})
	require.ErrorContains(t, err, "Timeout")
}
