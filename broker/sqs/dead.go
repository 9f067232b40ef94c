package sqs

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/google/uuid"

	"github.com/distributed-task-queue/taskqueue/broker"
)

const (
	// lookTime is how long messages of a dead-letter queue are hidden while they are looked at.
	lookTime = 2 * time.Minute
	// lookWait makes SQS ask all of its servers.
	lookWait = time.Second
)

// Rejected looks at the dead-letter queue. Meanwhile its messages are hidden from others who look.
func (b *Broker) Rejected(ctx context.Context, queue string, limit int) ([]broker.Rejected, error) {
	dead, err := b.url(ctx, b.deadName(queue))
	if err != nil {
		return nil, err
	}
	rejected := []broker.Rejected{}
	messages, err := b.look(ctx, dead, limit)
	b.show(ctx, dead, messages)
	for _, m := range messages {
		rejected = append(rejected, broker.Rejected{
			ID: aws.ToString(m.MessageId), Reason: reasonOf(m), Body: aws.ToString(m.Body), SentAt: sentAt(m),
		})
	}
	slices.SortStableFunc(rejected, func(a, b broker.Rejected) int { return a.SentAt.Compare(b.SentAt) })
	return rejected[:min(len(rejected), limit)], err
}

// Restore sends messages of the dead-letter queue to the queue again.
func (b *Broker) Restore(ctx context.Context, queue string, ids []string) (restored int, err error) {
	url, err := b.url(ctx, b.queueName(queue))
	if err != nil {
		return 0, err
	}
	dead, err := b.url(ctx, b.deadName(queue))
	if err != nil {
		return 0, err
	}
	// All are received before the first is restored: a relay may reject it again at once.
	messages, err := b.look(ctx, dead, math.MaxInt)
	if err != nil {
		b.show(ctx, dead, messages)
		return 0, err
	}
	var left []types.Message
	for i, m := range messages {
		if len(ids) > 0 && !slices.Contains(ids, aws.ToString(m.MessageId)) {
			left = append(left, m)
			continue
		}
		err = b.send(ctx, url, aws.ToString(m.Body), oneGroup, uuid.NewString(), nil)
		if err == nil {
			err = b.delete(ctx, dead, []types.Message{m})
		}
		if err != nil {
			left = append(left, messages[i:]...)
			break
		}
		restored++
	}
	b.show(ctx, dead, left)
	return restored, err
}

// look receives the messages of a dead-letter queue, at least so many if there are. They are hidden from others for the lookTime.
func (b *Broker) look(ctx context.Context, dead string, limit int) (all []types.Message, err error) {
	for len(all) < limit {
		messages, err := b.receive(ctx, dead, MaxReceive, lookTime, lookWait)
		if err != nil {
			return all, fmt.Errorf("look at a dead-letter queue: %w", err)
		}
		if len(messages) == 0 {
			break
		}
		all = append(all, messages...)
	}
	return all, nil
}

// show ends the hiding of messages. Should it fail, they show themselves after the lookTime.
func (b *Broker) show(ctx context.Context, dead string, messages []types.Message) {
	for some := range slices.Chunk(messages, MaxReceive) {
		_ = (&batch{broker: b, url: dead}).hide(context.WithoutCancel(ctx), some, 0)
	}
}

func reasonOf(m types.Message) string {
	if reason := aws.ToString(m.MessageAttributes[reasonAttribute].StringValue); reason != "" {
		return reason
	}
	return "SQS gave it up, since it was delivered too often and never handed over; or it is so large that no reason fits beside it"
}

// cut returns the beginning of a text that has at most so many bytes.
func cut(text string, size int) string {
	return strings.ToValidUTF8(text[:min(len(text), max(size, 0))], "")
}

// printable leaves out what SQS does not take in an attribute.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == '\uFFFE' || r == '\uFFFF' {
			return ' '
		}
		return r
	}, text)
}
