package sqs

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"gocloud.dev/gcerrors"

	"github.com/distributed-task-queue/taskqueue/broker"
)

// reasonAttribute is the attribute of a dead message that says why it is one.
const reasonAttribute = "reason"

// batch is messages that are hidden from others until they are settled.
type batch struct {
	broker     *Broker
	queue, url string
	received   []types.Message
	references []*reference // nil for messages that are tasks themselves
	messages   []broker.Message
	stopHiding func()
}

func (b *batch) Messages() []broker.Message { return b.messages }

// keepHidden extends the visibility timeout again and again until the batch is settled.
func (b *batch) keepHidden(ctx context.Context) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		ticker := time.NewTicker(b.broker.config.VisibilityTimeout / 3)
		defer ticker.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
				// Should it fail, messages come again, and start nothing twice.
				_ = b.hide(ctx, b.received, b.broker.config.VisibilityTimeout)
			}
		}
	}()
	b.stopHiding = func() { cancel(); <-ended }
}

// hide changes how long messages stay hidden from now on.
func (b *batch) hide(ctx context.Context, messages []types.Message, timeout time.Duration) error {
	if len(messages) == 0 {
		return nil
	}
	input := &awssqs.ChangeMessageVisibilityBatchInput{QueueUrl: &b.url}
	for i, m := range messages {
		input.Entries = append(input.Entries, types.ChangeMessageVisibilityBatchRequestEntry{
			Id: aws.String(strconv.Itoa(i)), ReceiptHandle: m.ReceiptHandle, VisibilityTimeout: int32(timeout.Seconds()),
		})
	}
	changed, err := b.broker.config.Client.ChangeMessageVisibilityBatch(ctx, input)
	if err != nil {
		return fmt.Errorf("change how long messages are hidden in SQS: %w", err)
	}
	return failures("change how long a message is hidden in SQS", changed.Failed)
}

// Settle deletes what is done, moves what is rejected to the dead-letter queue, and gives back the rest.
func (b *batch) Settle(ctx context.Context, verdicts []broker.Verdict) error {
	if b.stopHiding == nil {
		return nil
	}
	var errs []error
	var gone, kept []types.Message
	var keptMessages []broker.Message
	var blobs []string
	for i, v := range verdicts {
		m := b.received[i]
		if v.Reject != "" {
			if err := b.broker.bury(ctx, b.queue, m, v.Reject); err != nil {
				errs = append(errs, err)
				v = broker.Verdict{}
			}
		}
		switch {
		case v.Done && b.references[i] != nil:
			blobs = append(blobs, b.references[i].Blob)
			gone = append(gone, m)
		case v.Done, v.Reject != "":
			gone = append(gone, m)
		default:
			kept = append(kept, m)
			keptMessages = append(keptMessages, b.messages[i])
		}
	}
	b.stopHiding() // not before: burying may take its time
	b.broker.note(b.queue, keptMessages)
	if err := b.broker.delete(ctx, b.url, gone); err != nil {
		return errors.Join(append(errs, err)...) // the blobs may still be needed
	}
	for _, key := range blobs {
		if err := b.broker.config.Bucket.Delete(ctx, key); err != nil && gcerrors.Code(err) != gcerrors.NotFound {
			errs = append(errs, fmt.Errorf("delete a task from the bucket: %w", err))
		}
	}
	return errors.Join(append(errs, b.hideAgain(ctx, kept))...)
}

// giveBack gives back all messages, and returns why.
func (b *batch) giveBack(ctx context.Context, because error) error {
	b.stopHiding()
	return errors.Join(because, b.hideAgain(ctx, b.received))
}

// hideAgain hides messages for one second for each time that they have been delivered, so that no outage makes SQS give them up. The time
// is the same for all, which keeps the order.
func (b *batch) hideAgain(ctx context.Context, messages []types.Message) error {
	var pause time.Duration
	for _, m := range messages {
		deliveries, err := strconv.Atoi(m.Attributes[string(types.MessageSystemAttributeNameApproximateReceiveCount)])
		if err == nil {
			pause = max(pause, time.Duration(deliveries)*time.Second)
		}
	}
	return b.hide(ctx, messages, min(pause, b.broker.config.VisibilityTimeout))
}

// bury sends the message to the dead-letter queue.
func (b *Broker) bury(ctx context.Context, queue string, m types.Message, reason string) error {
	dead, err := b.url(ctx, b.deadName(queue))
	if err != nil {
		return err
	}
	const kind = "String"
	var attributes map[string]types.MessageAttributeValue
	room := MaxMessageSize - len(aws.ToString(m.Body)) - len(reasonAttribute) - len(kind)
	if text := cut(printable(reason), room); text != "" {
		attributes = map[string]types.MessageAttributeValue{reasonAttribute: {DataType: aws.String(kind), StringValue: &text}}
	}
	// A group of its own, because a group's messages can be looked at only ten at a time. A message that is restored and buried again
	// has another id, and is not taken for the former one.
	id := aws.ToString(m.MessageId)
	return b.send(ctx, dead, aws.ToString(m.Body), id, id, attributes)
}

// delete deletes messages, at most 10.
func (b *Broker) delete(ctx context.Context, url string, messages []types.Message) error {
	if len(messages) == 0 {
		return nil
	}
	input := &awssqs.DeleteMessageBatchInput{QueueUrl: &url}
	for i, m := range messages {
		input.Entries = append(input.Entries, types.DeleteMessageBatchRequestEntry{Id: aws.String(strconv.Itoa(i)), ReceiptHandle: m.ReceiptHandle})
	}
	deleted, err := b.config.Client.DeleteMessageBatch(ctx, input)
	if err != nil {
		return fmt.Errorf("delete from SQS: %w", err)
	}
	return failures("delete a message from SQS", deleted.Failed)
}

// failures returns what SQS could not do of a batch.
func failures(what string, failed []types.BatchResultErrorEntry) error {
	errs := make([]error, len(failed))
	for i, f := range failed {
		errs[i] = fmt.Errorf("%s: %s: %s", what, aws.ToString(f.Code), aws.ToString(f.Message))
	}
	return errors.Join(errs...)
}
