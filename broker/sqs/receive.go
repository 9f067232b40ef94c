package sqs

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"gocloud.dev/gcerrors"

	"github.com/distributed-task-queue/taskqueue/broker"
)

// Receive waits up to 20 seconds for messages.
func (b *Broker) Receive(ctx context.Context, queue string) (broker.Batch, error) {
	url, err := b.url(ctx, b.queueName(queue))
	if err != nil {
		return nil, err
	}
	received, err := b.receive(ctx, url, b.config.Receive, b.config.VisibilityTimeout, pollWait)
	if err != nil {
		return nil, err
	}
	result := &batch{broker: b, queue: queue, url: url, received: received}
	if len(received) == 0 {
		return result, nil
	}
	result.keepHidden(ctx)
	for _, m := range received {
		message := broker.Message{ID: aws.ToString(m.MessageId), Body: []byte(aws.ToString(m.Body)), SentAt: sentAt(m)}
		r := refersTo(aws.ToString(m.Body))
		result.references = append(result.references, r)
		if r != nil {
			message.TaskID = r.ID
			message.Body, message.Err = b.fetch(ctx, r)
			if err := message.Err; err != nil && b.config.Bucket != nil && gcerrors.Code(err) != gcerrors.NotFound {
				// It is the bucket that is to blame, so all come again.
				return nil, result.giveBack(context.WithoutCancel(ctx), err)
			}
		}
		result.messages = append(result.messages, message)
	}
	b.note(queue, result.messages)
	return result, nil
}

// receive makes one call. Messages are hidden from others for so long.
func (b *Broker) receive(ctx context.Context, url string, most int, hidden, wait time.Duration) ([]types.Message, error) {
	received, err := b.config.Client.ReceiveMessage(ctx, &awssqs.ReceiveMessageInput{
		QueueUrl: &url, MaxNumberOfMessages: int32(most), VisibilityTimeout: int32(hidden.Seconds()), WaitTimeSeconds: int32(wait.Seconds()), //nolint:gosec // small
		MessageSystemAttributeNames: []types.MessageSystemAttributeName{
			types.MessageSystemAttributeNameSentTimestamp, types.MessageSystemAttributeNameApproximateReceiveCount,
		},
		MessageAttributeNames: []string{"All"},
	})
	if err != nil {
		return nil, fmt.Errorf("receive from SQS: %w", err)
	}
	return received.Messages, nil
}

func sentAt(m types.Message) time.Time {
	milliseconds, err := strconv.ParseInt(m.Attributes[string(types.MessageSystemAttributeNameSentTimestamp)], 10, 64)
	if err != nil {
		return time.Now().UTC().Truncate(time.Millisecond)
	}
	return time.UnixMilli(milliseconds).UTC()
}

// note remembers since when the oldest of these messages waits. Other receivers may have more, so only Backlog forgets it.
func (b *Broker) note(queue string, waiting []broker.Message) {
	if len(waiting) == 0 {
		return
	}
	oldest := slices.MinFunc(waiting, func(x, y broker.Message) int { return x.SentAt.Compare(y.SentAt) })
	b.mu.Lock()
	defer b.mu.Unlock()
	b.oldest[queue] = oldest.SentAt
}
