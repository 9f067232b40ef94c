package embedded

import (
	"fmt"
	"maps"
	"os"
	"time"

	"go.temporal.io/server/common/cluster"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/dynamicconfig"
	"go.temporal.io/server/common/log"
	"go.temporal.io/server/common/membership/static"
	"go.temporal.io/server/common/primitives"
	"go.temporal.io/server/temporal"
)

const (
	// clusterName is written into the database; it must never change.
	clusterName = "active"

	// historyShards is written into the database as well. Shards divide the load
	// between machines and between database connections; here is one of each,
	// and every shard has its own background readers and checkpoints, which all
	// cost writes.
	historyShards = 1

	temporalStore   = "temporal"
	visibilityStore = "visibility"
)

// startTemporal starts the server's four services on prepared databases.
func startTemporal(settings *config.Config, ports ports, c Config, logger log.Logger) (temporal.Server, error) {
	dynamic := dynamicSettings()
	maps.Copy(dynamic, c.DynamicConfig)
	server, err := newServer(
		temporal.WithConfig(settings),
		temporal.ForServices(temporal.DefaultServices),
		temporal.WithStaticHosts(map[primitives.ServiceName]static.Hosts{
			primitives.FrontendService: static.SingleLocalHost(address(ports.frontend)),
			primitives.HistoryService:  static.SingleLocalHost(address(ports.history)),
			primitives.MatchingService: static.SingleLocalHost(address(ports.matching)),
			primitives.WorkerService:   static.SingleLocalHost(address(ports.worker)),
		}),
		temporal.WithDynamicConfigClient(dynamic),
		temporal.WithLogger(logger),
	)
	if err != nil {
		return nil, fmt.Errorf("create the Temporal server: %w", err)
	}
	if err := server.Start(); err != nil {
		return nil, fmt.Errorf("start the Temporal server: %w", err)
	}
	return server, nil
}

// tracesExporter is the variable that says where the task queue's spans go.
const tracesExporter = "OTEL_TRACES_EXPORTER"

// newServer hides tracesExporter from the server, which would make spans of its own and refuses exporters that it does not know.
func newServer(options ...temporal.ServerOption) (temporal.Server, error) {
	if value, set := os.LookupEnv(tracesExporter); set {
		if err := os.Unsetenv(tracesExporter); err != nil {
			return nil, err
		}
		defer func() { _ = os.Setenv(tracesExporter, value) }() // it was a valid one
	}
	return temporal.NewServer(options...)
}

func serverConfig(data *dataDir, ports ports, embedded Config) (*config.Config, error) {
	service := func(port int) config.Service {
		return config.Service{RPC: config.RPC{GRPCPort: port, BindOnIP: host}}
	}
	frontend := address(ports.frontend)
	disabled := "disabled"
	// A file of its own, since a file has one writer at a time.
	visibility := config.DataStore{SQL: sqlConfig(data.visibilityPath(), data.ephemeral)}
	if embedded.Elasticsearch != nil {
		client, err := embedded.Elasticsearch.client()
		if err != nil {
			return nil, err
		}
		visibility = config.DataStore{Elasticsearch: client}
	}
	c := &config.Config{
		Global: config.Global{
			Membership: config.Membership{MaxJoinDuration: 30 * time.Second, BroadcastAddress: host},
		},
		Persistence: config.Persistence{
			DefaultStore:     temporalStore,
			VisibilityStore:  visibilityStore,
			NumHistoryShards: historyShards,
			DataStores: map[string]config.DataStore{
				temporalStore:   {SQL: sqlConfig(data.temporalPath(), data.ephemeral)},
				visibilityStore: visibility,
			},
		},
		ClusterMetadata: &cluster.Config{
			FailoverVersionIncrement: 10,
			MasterClusterName:        clusterName,
			CurrentClusterName:       clusterName,
			ClusterInformation: map[string]cluster.ClusterInformation{
				clusterName: {Enabled: true, InitialFailoverVersion: 1, RPCAddress: frontend},
			},
		},
		DCRedirectionPolicy: config.DCRedirectionPolicy{Policy: "noop"},
		Services: map[string]config.Service{
			string(primitives.FrontendService): service(ports.frontend),
			string(primitives.HistoryService):  service(ports.history),
			string(primitives.MatchingService): service(ports.matching),
			string(primitives.WorkerService):   service(ports.worker),
		},
		PublicClient: config.PublicClient{HostPort: frontend},
	}
	c.Archival.History.State = disabled
	c.Archival.Visibility.State = disabled
	c.NamespaceDefaults.Archival.History.State = disabled
	c.NamespaceDefaults.Archival.Visibility.State = disabled
	return c, nil
}

// dynamicSettings are the server's settings that differ from its defaults, which
// are made for clusters. What is on by default and needed here (updates, eager
// workflow start, deployment versions, the priority matcher) is not repeated.
func dynamicSettings() dynamicconfig.StaticClient {
	const (
		// unlimited stands for no limit on requests per second: the only clients
		// are on this machine, and SQLite sets the pace.
		unlimited = 1_000_000

		// ackInterval bounds how long a run that has just closed stays in lists
		// after its deletion: the server deletes only what lies behind these
		// checkpoints, 30 s apart by default.
		ackInterval = time.Second

		// flushInterval is how long records wait to be sent to Elasticsearch
		// together. They can be found once it has refreshed the index as well,
		// which it does each second; so lists lag less than two.
		flushInterval = 100 * time.Millisecond
	)
	return dynamicconfig.StaticClient{
		dynamicconfig.VisibilityProcessorUpdateAckInterval.Key(): ackInterval,
		dynamicconfig.TransferProcessorUpdateAckInterval.Key():   ackInterval,

		dynamicconfig.WorkerESProcessorFlushInterval.Key(): flushInterval,

		// Weighted fairness between the keys of one queue, beside priority.
		dynamicconfig.MatchingEnableFairness.Key(): true,

		// Partitions spread one queue over several matching hosts; with one host
		// they only make tasks and pollers look for each other.
		dynamicconfig.MatchingNumTaskqueueReadPartitions.Key():  1,
		dynamicconfig.MatchingNumTaskqueueWritePartitions.Key(): 1,

		// Worker versioning by build id sets, for clients that still use it.
		dynamicconfig.FrontendEnableWorkerVersioningDataAPIs.Key(): true,
		dynamicconfig.FrontendEnableWorkerVersioningRuleAPIs.Key(): true,

		dynamicconfig.FrontendRPS.Key():                                         unlimited,
		dynamicconfig.FrontendMaxNamespaceRPSPerInstance.Key():                  unlimited,
		dynamicconfig.FrontendMaxNamespaceVisibilityRPSPerInstance.Key():        unlimited,
		dynamicconfig.FrontendMaxConcurrentLongRunningRequestsPerInstance.Key(): unlimited,
		dynamicconfig.FrontendPersistenceMaxQPS.Key():                           unlimited,
		dynamicconfig.MatchingRPS.Key():                                         unlimited,
		dynamicconfig.MatchingPersistenceMaxQPS.Key():                           unlimited,
		dynamicconfig.HistoryRPS.Key():                                          unlimited,
		dynamicconfig.HistoryPersistenceMaxQPS.Key():                            unlimited,
		dynamicconfig.WorkerPersistenceMaxQPS.Key():                             unlimited,
		// Queue readers, per shard: the default of 20 is sized for many shards.
		dynamicconfig.TransferProcessorMaxPollRPS.Key():   unlimited,
		dynamicconfig.VisibilityProcessorMaxPollRPS.Key(): unlimited,
		dynamicconfig.TimerProcessorMaxPollRPS.Key():      unlimited,

		// The check for newer versions calls out to the internet.
		dynamicconfig.EnableServerVersionCheck.Key(): false,
	}
}
