package temporal_test

import (
	"testing"

	"github.com/distributed-task-queue/taskqueue/broker/brokertest"
	"github.com/distributed-task-queue/taskqueue/broker/temporal"
	"github.com/distributed-task-queue/taskqueue/internal/temporaltest"
)

func TestMain(m *testing.M) { temporaltest.Main(m) }

func TestTemporalConforms(t *testing.T) {
	t.Parallel()
	brokertest.Exercise(t, func(_ *testing.T, e brokertest.Environment) brokertest.Subject {
		return brokertest.Subject{Broker: temporal.New(e.Temporal)}
	})
}
