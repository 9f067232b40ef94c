package sqs

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/distributed-task-queue/taskqueue/broker"
	"github.com/distributed-task-queue/taskqueue/task"
)

// Initialize makes the queue in SQS and its dead-letter queue. One that exists, as one of the PHP system, keeps its attributes.
func (b *Broker) Initialize(ctx context.Context, queue string) error {
	if err := b.checkName(queue); err != nil {
		return err
	}
	dead, err := b.create(ctx, b.deadName(queue), nil)
	if err != nil {
		return err
	}
	described, err := b.config.Client.GetQueueAttributes(ctx, &awssqs.GetQueueAttributesInput{
		QueueUrl: &dead, AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameQueueArn},
	})
	if err != nil {
		return fmt.Errorf("describe queue %s in SQS: %w", b.deadName(queue), err)
	}
	policy, err := json.Marshal(map[string]string{
		"deadLetterTargetArn": described.Attributes[string(types.QueueAttributeNameQueueArn)], "maxReceiveCount": strconv.Itoa(maxDeliveries),
	})
	if err != nil {
		return err
	}
	_, err = b.create(ctx, b.queueName(queue), map[string]string{
		string(types.QueueAttributeNameRedrivePolicy):     string(policy),
		string(types.QueueAttributeNameVisibilityTimeout): seconds(b.config.VisibilityTimeout.Seconds()),
	})
	return err
}

// create makes a queue unless it exists, and returns its URL.
func (b *Broker) create(ctx context.Context, name string, attributes map[string]string) (string, error) {
	url, err := b.url(ctx, name)
	if _, missing := errors.AsType[*types.QueueDoesNotExist](err); err == nil || !missing {
		return url, err
	}
	all := map[string]string{string(types.QueueAttributeNameMessageRetentionPeriod): seconds(retention.Seconds())}
	maps.Copy(all, attributes)
	if b.fifo() {
		all[string(types.QueueAttributeNameFifoQueue)] = "true"
	}
	created, err := b.config.Client.CreateQueue(ctx, &awssqs.CreateQueueInput{QueueName: &name, Attributes: all})
	if err != nil {
		return "", fmt.Errorf("create queue %s in SQS: %w", name, err)
	}
	return aws.ToString(created.QueueUrl), nil
}

func seconds(s float64) string { return strconv.Itoa(int(s)) }

// url returns the URL of a queue in SQS.
func (b *Broker) url(ctx context.Context, name string) (string, error) {
	b.mu.Lock()
	url, known := b.urls[name]
	b.mu.Unlock()
	if known {
		return url, nil
	}
	found, err := b.config.Client.GetQueueUrl(ctx, &awssqs.GetQueueUrlInput{QueueName: &name})
	if _, missing := errors.AsType[*types.QueueDoesNotExist](err); missing {
		return "", fmt.Errorf("there is no queue %s in SQS; it is made by `taskctl init` or Client.Initialize, "+
			"and ends with .fifo if the queue has an order, as --order says: %w", name, err)
	}
	if err != nil {
		return "", fmt.Errorf("find queue %s in SQS: %w", name, err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.urls[name] = aws.ToString(found.QueueUrl)
	return b.urls[name], nil
}

// Place returns the queue's URL, as SQS gives it.
func (b *Broker) Place(ctx context.Context, queue string) (string, error) {
	return b.url(ctx, b.queueName(queue))
}

// oneGroup is the message group of a FIFO queue whose order is that of the whole queue, and of tasks without an owner.
const oneGroup = "taskqueue"

// validGroup is what SQS takes as a message group.
var validGroup = regexp.MustCompile("^[!-~]{1,128}$")

// group returns the message group of a task.
func (b *Broker) group(t *task.Task) string {
	switch {
	case b.config.Order != broker.ByOwner || t.Owner == "":
		return oneGroup
	case validGroup.MatchString(t.Owner):
		return t.Owner
	default:
		sum := sha256.Sum256([]byte(t.Owner))
		return hex.EncodeToString(sum[:])
	}
}

// send sends a message. The group and the deduplication id are for FIFO queues.
func (b *Broker) send(ctx context.Context, url, body, group, deduplication string, attributes map[string]types.MessageAttributeValue) error {
	message := &awssqs.SendMessageInput{QueueUrl: &url, MessageBody: &body, MessageAttributes: attributes}
	if b.fifo() {
		message.MessageGroupId = &group
		message.MessageDeduplicationId = &deduplication
	}
	if _, err := b.config.Client.SendMessage(ctx, message); err != nil {
		return fmt.Errorf("send to SQS: %w", err)
	}
	return nil
}

// Count returns about how many messages wait for a relay.
func (b *Broker) Count(ctx context.Context, queue string) (int64, error) {
	return b.count(ctx, b.queueName(queue))
}

func (b *Broker) count(ctx context.Context, name string) (int64, error) {
	url, err := b.url(ctx, name)
	if err != nil {
		return 0, err
	}
	counters := []types.QueueAttributeName{
		types.QueueAttributeNameApproximateNumberOfMessages, types.QueueAttributeNameApproximateNumberOfMessagesNotVisible,
		types.QueueAttributeNameApproximateNumberOfMessagesDelayed,
	}
	described, err := b.config.Client.GetQueueAttributes(ctx, &awssqs.GetQueueAttributesInput{QueueUrl: &url, AttributeNames: counters})
	if err != nil {
		return 0, fmt.Errorf("count the messages of queue %s in SQS: %w", name, err)
	}
	var sum int64
	for _, attribute := range counters {
		n, err := strconv.ParseInt(described.Attributes[string(attribute)], 10, 64)
		if err != nil {
			return 0, fmt.Errorf("count the messages of queue %s in SQS: %s is %q", name, attribute, described.Attributes[string(attribute)])
		}
		sum += n
	}
	return sum, nil
}

// Backlog counts messages. SQS does not tell since when the oldest waits; it is known of those that this process has received last.
func (b *Broker) Backlog(ctx context.Context, queue string) (backlog broker.Backlog, err error) {
	if backlog.Waiting, err = b.Count(ctx, queue); err != nil {
		return broker.Backlog{}, err
	}
	if backlog.Rejected, err = b.count(ctx, b.deadName(queue)); err != nil {
		return broker.Backlog{}, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if backlog.Waiting == 0 {
		delete(b.oldest, queue)
	}
	backlog.Oldest = b.oldest[queue]
	return backlog, nil
}
