package embedded

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/dynamicconfig"
	"go.temporal.io/server/common/persistence/sql/sqlplugin/postgresql"
)

// A server of its own is configured by files, which must be what this release of it understands.
func TestTheDeploymentsServerConfigurationIsUnderstood(t *testing.T) {
	for name, value := range map[string]string{
		"POSTGRES_SEEDS": "db.example.com", "POSTGRES_PWD": `a "quoted" \ word`, "ES_SEEDS": "search.example.com",
		"ES_PWD": "secret", "NUM_HISTORY_SHARDS": "64", "BIND_ON_IP": "192.0.2.7", "SQL_MAX_CONNS": "33",
	} {
		t.Setenv(name, value)
	}
	c, err := config.Load(config.WithConfigFile("../../../../deployments/temporal/config.yaml"))
	require.NoError(t, err)
	require.Equal(t, int32(64), c.Persistence.NumHistoryShards)
	store := c.Persistence.DataStores[c.Persistence.DefaultStore].SQL
	require.Equal(t, postgresql.PluginNamePGX, store.PluginName)
	require.Equal(t, "db.example.com:5432", store.ConnectAddr)
	require.Equal(t, `a "quoted" \ word`, store.Password)
	require.Equal(t, 33, store.MaxConns)
	index := c.Persistence.DataStores[c.Persistence.VisibilityStore].Elasticsearch
	require.Equal(t, "search.example.com:9200", index.URL.Host)
	require.Equal(t, "temporal_visibility_v1", index.GetVisibilityIndex())
	require.Len(t, c.Services, 4)
	for name, service := range c.Services {
		require.Equal(t, "192.0.2.7", service.RPC.BindOnIP, name)
	}
	require.Equal(t, "0.0.0.0:9090", c.Global.Metrics.Prometheus.ListenAddress)
	require.Equal(t, "/etc/temporal/taskqueue/dynamicconfig.yaml", c.DynamicConfigClient.Filepath)

	dynamic, err := os.ReadFile("../../../../deployments/temporal/dynamicconfig.yaml")
	require.NoError(t, err)
	result := dynamicconfig.LoadYamlFile(dynamic)
	require.Empty(t, result.Errors)
	require.Empty(t, result.Warnings)
}
