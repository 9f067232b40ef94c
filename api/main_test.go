package api_test

import (
	"testing"

	"github.com/distributed-task-queue/taskqueue/internal/temporaltest"
)

func TestMain(m *testing.M) { temporaltest.Main(m) }
