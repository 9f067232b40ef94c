package rds_test

import (
	"database/sql"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/distributed-task-queue/taskqueue/broker"
	"github.com/distributed-task-queue/taskqueue/broker/brokertest"
	"github.com/distributed-task-queue/taskqueue/broker/rds"
)

// openStore opens what TestKilledRelaysLoseNothing tells a relay process of: dialect, driver and data source.
func openStore(store string) (broker.Stored, error) {
	parts := strings.SplitN(store, " ", 3)
	db, err := sql.Open(parts[1], parts[2])
	if err != nil {
		return nil, err
	}
	return rds.New(rds.Config{DB: db, Dialect: rds.Dialect(parts[0]), Receive: 20})
}

func TestKilledRDSRelaysLoseNothing(t *testing.T) {
	t.Parallel()
	for dialect, open := range databases {
		t.Run(string(dialect), func(t *testing.T) {
			t.Parallel()
			database := open(t)
			b, err := rds.New(rds.Config{DB: database.Open(t), Dialect: dialect})
			require.NoError(t, err)
			brokertest.KillRelays(t, b, strings.Join([]string{string(dialect), database.Driver, database.DSN}, " "))
		})
	}
}
