package embedded

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"

	enumspb "go.temporal.io/api/enums/v1"
	persistencespb "go.temporal.io/server/api/persistence/v1"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/log"
	"go.temporal.io/server/common/metrics"
	"go.temporal.io/server/common/persistence"
	"go.temporal.io/server/common/persistence/serialization"
	temporalsql "go.temporal.io/server/common/persistence/sql"
	"go.temporal.io/server/common/persistence/sql/sqlplugin"
	"go.temporal.io/server/common/resolver"
	"go.temporal.io/server/common/searchattribute/sadefs"
	sqliteschema "go.temporal.io/server/schema/sqlite"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
)

// prepareNamespace writes the namespace, with its retention and its search
// attributes, into the database of a server that is not running. It returns
// which column of the visibility table each search attribute is in.
func prepareNamespace(ctx context.Context, database *config.SQL, config Config) (columnOf map[string]string, err error) {
	aliases, err := writeNamespace(ctx, database, config)
	if err != nil {
		return nil, fmt.Errorf("prepare the namespace %q: %w", config.Namespace, err)
	}
	columnOf = map[string]string{}
	for column, name := range aliases {
		columnOf[name] = column
	}
	return columnOf, nil
}

// writeNamespace returns the name of the search attribute in each column that has one.
func writeNamespace(ctx context.Context, database *config.SQL, config Config) (aliases map[string]string, err error) {
	db, err := temporalsql.NewSQLDB(sqlplugin.DbKindMain, database, resolver.NewNoopResolver(), log.NewNoopLogger(), metrics.NoopMetricsHandler)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()

	rows, err := db.SelectFromNamespace(ctx, sqlplugin.NamespaceFilter{Name: &config.Namespace})
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return nil, err
	}
	if len(rows) == 0 {
		created, err := sqliteschema.NewNamespaceConfig(clusterName, config.Namespace, false, nil)
		if err != nil {
			return nil, err
		}
		if err := configureNamespace(created.Detail.GetConfig(), config); err != nil {
			return nil, err
		}
		return created.Detail.GetConfig().GetCustomSearchAttributeAliases(), sqliteschema.CreateNamespaces(database, created)
	}

	row := rows[0]
	serializer := serialization.NewSerializer()
	detail, err := serializer.NamespaceDetailFromBlob(persistence.NewDataBlob(row.Data, row.DataEncoding))
	if err != nil {
		return nil, err
	}
	before := proto.CloneOf(detail)
	if err := configureNamespace(detail.GetConfig(), config); err != nil {
		return nil, err
	}
	aliases = detail.GetConfig().GetCustomSearchAttributeAliases()
	if proto.Equal(before, detail) {
		return aliases, nil
	}
	blob, err := serializer.NamespaceDetailToBlob(detail)
	if err != nil {
		return nil, err
	}
	row.Data, row.DataEncoding = blob.GetData(), blob.GetEncodingType().String()
	_, err = db.UpdateNamespace(ctx, &row)
	return aliases, err
}

// configureNamespace sets the retention and adds the search attributes that are missing.
func configureNamespace(stored *persistencespb.NamespaceConfig, config Config) error {
	stored.Retention = durationpb.New(config.Retention)
	aliases, err := addAliases(stored.GetCustomSearchAttributeAliases(), config.SearchAttributes)
	stored.CustomSearchAttributeAliases = aliases
	return err
}

// addAliases assigns a free column of the visibility table to each wanted
// attribute that has none. The keys of aliases are columns (Keyword01, …), the
// values are names of attributes. Attributes and columns are taken in
// alphabetical order, so that equal configurations give equal databases.
func addAliases(aliases map[string]string, wanted map[string]enumspb.IndexedValueType) (map[string]string, error) {
	columns := sadefs.GetDBIndexSearchAttributes(nil).GetCustomSearchAttributes()
	result := make(map[string]string, len(aliases)+len(wanted))
	columnOf := make(map[string]string, len(aliases))
	for column, name := range aliases {
		result[column] = name
		columnOf[name] = column
	}
	for _, name := range slices.Sorted(maps.Keys(wanted)) {
		want := wanted[name]
		if column, exists := columnOf[name]; exists {
			if have := columns[column]; have != want {
				return nil, fmt.Errorf("search attribute %q has type %s, want %s: use another data directory, or rename one of the two", name, have, want)
			}
			continue
		}
		column := freeColumn(columns, result, want)
		if column == "" {
			return nil, fmt.Errorf("search attribute %q: all columns of type %s are taken", name, want)
		}
		result[column] = name
	}
	return result, nil
}

// freeColumn is the first column of the type that has no alias, or "".
func freeColumn(columns map[string]enumspb.IndexedValueType, aliases map[string]string, want enumspb.IndexedValueType) string {
	for _, column := range slices.Sorted(maps.Keys(columns)) {
		if _, taken := aliases[column]; !taken && columns[column] == want {
			return column
		}
	}
	return ""
}
