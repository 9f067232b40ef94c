package config

import (
	"cmp"
	"fmt"
	"strings"
)

// TracesExporter is where spans go.
type TracesExporter string

// The exporters of traces, as OTEL_TRACES_EXPORTER names them.
const (
	TracesNone    TracesExporter = "none"
	TracesOTLP    TracesExporter = "otlp"    // a collector, by OTLP over HTTP
	TracesConsole TracesExporter = "console" // standard error, as JSON
)

// otlpProtocol is the one protocol that is spoken.
const otlpProtocol = "http/protobuf"

// Traces returns where the standard OTEL_* variables send spans. That is nowhere unless OTEL_TRACES_EXPORTER names an exporter or an
// OTLP endpoint is given. The variables are looked up as by os.Getenv.
func Traces(lookup func(string) string) (TracesExporter, error) {
	if strings.EqualFold(lookup("OTEL_SDK_DISABLED"), "true") {
		return TracesNone, nil
	}
	name := lookup("OTEL_TRACES_EXPORTER")
	if name == "" && cmp.Or(lookup("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"), lookup("OTEL_EXPORTER_OTLP_ENDPOINT")) != "" {
		name = string(TracesOTLP)
	}
	switch exporter := TracesExporter(cmp.Or(name, string(TracesNone))); exporter {
	case TracesNone, TracesConsole:
		return exporter, nil
	case TracesOTLP:
		protocol := cmp.Or(lookup("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"), lookup("OTEL_EXPORTER_OTLP_PROTOCOL"), otlpProtocol)
		if protocol != otlpProtocol {
			return TracesNone, fmt.Errorf("configuration: OTEL_EXPORTER_OTLP_PROTOCOL is %q; traces are sent by %s only", protocol, otlpProtocol)
		}
		return exporter, nil
	default:
		return TracesNone, fmt.Errorf("configuration: OTEL_TRACES_EXPORTER is %q; exporters are %s, %s and %s",
			name, TracesNone, TracesOTLP, TracesConsole)
	}
}
