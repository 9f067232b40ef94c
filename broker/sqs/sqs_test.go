package sqs_test

import (
	"os"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"gocloud.dev/blob/memblob"

	"github.com/distributed-task-queue/taskqueue/broker"
	"github.com/distributed-task-queue/taskqueue/broker/brokertest"
	"github.com/distributed-task-queue/taskqueue/broker/sqs"
	"github.com/distributed-task-queue/taskqueue/internal/sqstest"
	"github.com/distributed-task-queue/taskqueue/internal/temporaltest"
)

func TestMain(m *testing.M) {
	brokertest.RelayProcess(openStore)
	os.Exit(sqstest.Run(func() int { return temporaltest.Run(m) }))
}

func TestSQSConforms(t *testing.T) {
	t.Parallel()
	open := func(order broker.Order) brokertest.Open {
		return func(t *testing.T, e brokertest.Environment) brokertest.Subject {
			c := sqs.Config{Client: sqstest.Client(sqstest.Endpoint(t)), Order: order, Bucket: memblob.OpenBucket(nil)}
			t.Cleanup(func() { require.NoError(t, c.Bucket.Close()) })
			b, err := sqs.New(c)
			require.NoError(t, err)
			return brokertest.Subject{Broker: b, Inject: func(t *testing.T, body string) { inject(t, c, e.Queue, body) }}
		}
	}
	t.Run("standard", func(t *testing.T) {
		t.Parallel()
		brokertest.ExerciseStored(t, open(broker.Unordered))
	})
	t.Run("fifo", func(t *testing.T) {
		t.Parallel()
		brokertest.ExerciseStored(t, open(broker.ByOwner))
	})
	t.Run("fifo with one group", func(t *testing.T) {
		t.Parallel()
		brokertest.ExerciseOrder(t, open(broker.ByQueue))
	})
}

// inject sends a message as another program would.
func inject(t *testing.T, c sqs.Config, queue, body string) {
	t.Helper()
	name := sqs.DefaultPrefix + queue
	message := &awssqs.SendMessageInput{MessageBody: &body}
	if c.Order != broker.Unordered {
		name += ".fifo"
		message.MessageGroupId, message.MessageDeduplicationId = aws.String("another-program"), aws.String(uuid.NewString())
	}
	found, err := c.Client.GetQueueUrl(t.Context(), &awssqs.GetQueueUrlInput{QueueName: &name})
	require.NoError(t, err)
	message.QueueUrl = found.QueueUrl
	_, err = c.Client.SendMessage(t.Context(), message)
	require.NoError(t, err)
}
