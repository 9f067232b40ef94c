package config

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTraces(t *testing.T) {
	t.Parallel()
	type environment map[string]string
	for _, c := range []struct {
		environment environment
		want        TracesExporter
		problem     string
	}{
		{environment{}, TracesNone, ""},
		{environment{"OTEL_TRACES_EXPORTER": "none", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318"}, TracesNone, ""},
		{environment{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318"}, TracesOTLP, ""},
		{environment{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://c:4318/v1/traces", "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf"}, TracesOTLP, ""},
		{environment{"OTEL_TRACES_EXPORTER": "otlp"}, TracesOTLP, ""},
		{environment{"OTEL_TRACES_EXPORTER": "console"}, TracesConsole, ""},
		{environment{"OTEL_TRACES_EXPORTER": "otlp", "OTEL_SDK_DISABLED": "true"}, TracesNone, ""},
		{environment{"OTEL_TRACES_EXPORTER": "zipkin"}, TracesNone, `OTEL_TRACES_EXPORTER is "zipkin"; exporters are none, otlp and console`},
		{environment{"OTEL_TRACES_EXPORTER": "otlp", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, TracesNone, `"grpc"; traces are sent by http/protobuf only`},
	} {
		got, err := Traces(func(name string) string { return c.environment[name] })
		require.Equal(t, c.want, got, c.environment)
		if c.problem == "" {
			require.NoError(t, err, c.environment)
		} else {
			require.ErrorContains(t, err, c.problem)
		}
	}
}
