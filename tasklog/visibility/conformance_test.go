package visibility_test

import (
	"testing"

	"github.com/distributed-task-queue/taskqueue/internal/temporaltest"
	"github.com/distributed-task-queue/taskqueue/tasklog/tasklogtest"
	"github.com/distributed-task-queue/taskqueue/tasklog/visibility"
)

func TestMain(m *testing.M) { temporaltest.Main(m) }

func TestConformance(t *testing.T) {
	t.Parallel()
	tasklogtest.Exercise(t, func(t *testing.T) tasklogtest.Harness {
		c := temporaltest.Dial(t)
		return tasklogtest.Harness{
			Client: c, Engine: visibility.New(visibility.Config{Client: c, Namespace: temporaltest.Namespace}),
			Sample: 4, // what it does beyond the List API is done by code that all questions share
		}
	})
}
