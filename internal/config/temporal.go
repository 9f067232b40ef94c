package config

import (
	"cmp"
	"fmt"
	"log/slog"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/envconfig"
	"go.temporal.io/sdk/log"
)

// Connection says what of the connection to Temporal a program's flags override.
type Connection struct {
	Address   string // host:port
	Namespace string
}

// TemporalOptions returns the options for client.Dial that the standard TEMPORAL_* variables and the profiles of
// Temporal's own configuration file give: address, namespace, TLS, API key and the rest. The defaults are
// localhost:7233 and the namespace "default". The environment is the process's own if lookup is nil.
func TemporalOptions(override Connection, logger *slog.Logger, lookup envconfig.EnvLookup) (client.Options, error) {
	options, err := envconfig.LoadClientOptions(envconfig.LoadClientOptionsRequest{EnvLookup: lookup})
	if err != nil {
		return client.Options{}, fmt.Errorf("read the connection to Temporal from its TEMPORAL_* variables and profiles: %w", err)
	}
	options.HostPort = cmp.Or(override.Address, options.HostPort, client.DefaultHostPort)
	options.Namespace = cmp.Or(override.Namespace, options.Namespace, client.DefaultNamespace)
	options.Logger = log.NewStructuredLogger(logger)
	return options, nil
}
