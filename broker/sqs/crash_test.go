package sqs_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/distributed-task-queue/taskqueue/broker"
	"github.com/distributed-task-queue/taskqueue/broker/brokertest"
	"github.com/distributed-task-queue/taskqueue/broker/sqs"
	"github.com/distributed-task-queue/taskqueue/internal/sqstest"
)

// openStore opens what TestKilledSQSRelaysLoseNothing tells a relay process of: the order of the queue and the server.
func openStore(store string) (broker.Stored, error) {
	order, endpoint, _ := strings.Cut(store, " ")
	return sqs.New(sqs.Config{Client: sqstest.Client(endpoint), Order: broker.Order(order), VisibilityTimeout: 3 * time.Second})
}

func TestKilledSQSRelaysLoseNothing(t *testing.T) {
	t.Parallel()
	for name, order := range map[string]broker.Order{"standard": broker.Unordered, "fifo": broker.ByOwner} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := string(order) + " " + sqstest.Endpoint(t)
			b, err := openStore(store)
			require.NoError(t, err)
			brokertest.KillRelays(t, b, store)
		})
	}
}
