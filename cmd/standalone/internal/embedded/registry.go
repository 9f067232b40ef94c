package embedded

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/google/uuid"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	persistencespb "go.temporal.io/server/api/persistence/v1"
	"go.temporal.io/server/common/cluster"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/log"
	"go.temporal.io/server/common/metrics"
	"go.temporal.io/server/common/persistence"
	"go.temporal.io/server/common/persistence/serialization"
	temporalsql "go.temporal.io/server/common/persistence/sql"
	"go.temporal.io/server/common/resolver"
	"go.temporal.io/server/common/searchattribute/sadefs"
)

// registerAttributes writes the search attributes of an index of Elasticsearch into the database of a server that is not running.
// With Elasticsearch they belong to the cluster, as fields of the index, and not to the namespace as aliases of columns.
func registerAttributes(ctx context.Context, database *config.SQL, c *cluster.Config, index string, wanted map[string]enumspb.IndexedValueType) (err error) {
	logger := log.NewNoopLogger()
	serializer := serialization.NewSerializer()
	factory := temporalsql.NewFactory(*database, resolver.NewNoopResolver(), clusterName, logger, metrics.NoopMetricsHandler, serializer)
	defer factory.Close()
	store, err := factory.NewClusterMetadataStore()
	if err != nil {
		return fmt.Errorf("register the search attributes: %w", err)
	}
	manager := persistence.NewClusterMetadataManagerImpl(store, serializer, clusterName, logger)
	defer manager.Close()

	stored, err := manager.GetClusterMetadata(ctx, &persistence.GetClusterMetadataRequest{ClusterName: clusterName})
	if notFound := (*serviceerror.NotFound)(nil); errors.As(err, &notFound) {
		stored, err = &persistence.GetClusterMetadataResponse{ClusterMetadata: newClusterMetadata(c)}, nil
	}
	if err != nil {
		return fmt.Errorf("register the search attributes: %w", err)
	}
	attributes, err := addAttributes(stored.GetIndexSearchAttributes()[index].GetCustomSearchAttributes(), wanted)
	if err != nil {
		return err
	}
	if stored.IndexSearchAttributes == nil {
		stored.IndexSearchAttributes = map[string]*persistencespb.IndexSearchAttributes{}
	}
	stored.IndexSearchAttributes[index] = &persistencespb.IndexSearchAttributes{CustomSearchAttributes: attributes}
	saved, err := manager.SaveClusterMetadata(ctx, &persistence.SaveClusterMetadataRequest{
		ClusterMetadata: stored.ClusterMetadata, Version: stored.Version,
	})
	if err == nil && !saved {
		err = errors.New("the cluster's record was not accepted")
	}
	if err != nil {
		return fmt.Errorf("register the search attributes: %w", err)
	}
	return nil
}

// newClusterMetadata is the record that the server writes when it starts for the first time.
func newClusterMetadata(c *cluster.Config) *persistencespb.ClusterMetadata {
	information := c.ClusterInformation[c.CurrentClusterName]
	return &persistencespb.ClusterMetadata{
		HistoryShardCount:        historyShards,
		ClusterName:              c.CurrentClusterName,
		ClusterId:                uuid.NewString(),
		ClusterAddress:           information.RPCAddress,
		FailoverVersionIncrement: c.FailoverVersionIncrement,
		InitialFailoverVersion:   information.InitialFailoverVersion,
		IsConnectionEnabled:      information.Enabled,
		UseClusterIdMembership:   true,
	}
}

// addAttributes returns those that exist together with the wanted ones. Names that the server reserves for columns of SQL databases
// are in it too, since the server adds them.
func addAttributes(existing, wanted map[string]enumspb.IndexedValueType) (map[string]enumspb.IndexedValueType, error) {
	result := maps.Clone(sadefs.GetDBIndexSearchAttributes(nil).GetCustomSearchAttributes())
	maps.Copy(result, existing)
	for _, name := range slices.Sorted(maps.Keys(wanted)) {
		if have, exists := existing[name]; exists && have != wanted[name] {
			return nil, fmt.Errorf("search attribute %q has type %s, want %s: use another index", name, have, wanted[name])
		}
		result[name] = wanted[name]
	}
	return result, nil
}
