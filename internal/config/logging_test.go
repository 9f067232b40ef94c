package config

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/trace"
	"go.temporal.io/sdk/log"
)

func TestLogLinesNameTheirTaskAndTrace(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	logger := Logging{Format: FormatJSON}.NewLogger(&out)
	log.With(log.NewStructuredLogger(logger), "WorkflowID", "t1").Info("of the SDK")
	for _, cause := range []string{"worker stopping", "connection refused"} { // the first is no news
		log.NewStructuredLogger(logger).Warn("Failed to poll for task.", "Error", errors.New(cause))
	}
	ctx := trace.ContextWithSpanContext(context.Background(), trace.NewSpanContext(trace.SpanContextConfig{TraceID: [16]byte{1}, SpanID: [8]byte{2}}))
	logger.With("task", "t2").InfoContext(ctx, "of ours")
	var lines []map[string]any
	for decoder := json.NewDecoder(&out); decoder.More(); {
		line := map[string]any{}
		require.NoError(t, decoder.Decode(&line))
		delete(line, "time")
		lines = append(lines, line)
	}
	require.Equal(t, []map[string]any{
		{"level": "INFO", "msg": "of the SDK", "task": "t1"},
		{"level": "WARN", "msg": "Failed to poll for task.", "Error": "connection refused"},
		{
			"level": "INFO", "msg": "of ours", "task": "t2", "trace_id": "01000000000000000000000000000000", "span_id": "0200000000000000",
		},
	}, lines)
}
