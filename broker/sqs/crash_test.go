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

// openStore opens what TestKilledSQSRelaysLoseNothing tells a relay process of: the kind of queue and the server.
func openStore(store string) (broker.Stored, error) {
	kind, endpoint, _ := strings.Cut(store, " ")
	return sqs.New(sqs.Config{Client: sqstest.Client(endpoint), FIFO: kind == "fifo", VisibilityTimeout: 3 * time.Second})
}

func TestKilledSQSRelaysLoseNothing(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"standard", "fifo"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			store := kind + " " + sqstest.Endpoint(t)
			b, err := openStore(store)
			require.NoError(t, err)
			brokertest.KillRelays(t, b, store)
		})
	}
}
