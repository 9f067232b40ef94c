package main

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	sdklog "go.temporal.io/sdk/log"

	"github.com/distributed-task-queue/taskqueue/internal/temporaltest"
)

func TestMain(m *testing.M) { temporaltest.Main(m) }

func TestItEnqueuesRunsAndAsks(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), client.Options{
		HostPort: temporaltest.Server().Address, Namespace: temporaltest.Namespace, Logger: sdklog.NewStructuredLogger(temporaltest.Logger(t)),
	}, &out))
	require.Equal(t, "Welcome mail for Ada: completed on mail\nsuccess: welcomed ada@example.org\n", out.String())
}
