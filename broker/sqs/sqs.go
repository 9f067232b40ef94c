// Package sqs keeps tasks in queues of Amazon SQS, standard or FIFO, until a relay hands them to Temporal.
package sqs

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/google/uuid"
	"gocloud.dev/blob"

	"github.com/distributed-task-queue/taskqueue/broker"
	"github.com/distributed-task-queue/taskqueue/broker/temporal"
	"github.com/distributed-task-queue/taskqueue/task"
)

// Name is the broker's name in configuration.
const Name = "sqs"

// The defaults of Config.
const (
	DefaultPrefix            = "TQ_"
	DefaultReceive           = MaxReceive
	DefaultVisibilityTimeout = time.Minute
)

// The limits of Config.
const (
	MaxReceive           = 10 // SQS's own for one call
	MinVisibilityTimeout = 3 * time.Second
	MaxVisibilityTimeout = 12 * time.Hour
)

// MaxMessageSize is how many bytes a message may have, with its attributes.
const MaxMessageSize = 256 << 10

const (
	pollWait      = 20 * time.Second
	retention     = 14 * 24 * time.Hour // SQS's own limit
	maxDeliveries = 1000                // SQS's own limit: each failing pass of an outage is a delivery
	receivers     = 4                   // a call brings few messages, so several are under way
	fifoReceivers = 8                   // and few groups, each of which is handed over one after another
)

// Connection says which SQS.
type Connection struct {
	Profile  string // of AWS's shared configuration files; default: AWS_PROFILE, or "default"
	Region   string // default: AWS_REGION, or the profile's
	Endpoint string // URL of another server than AWS's, such as a VPC endpoint
}

// Open returns a client with AWS's usual chain of credentials.
func Open(ctx context.Context, c Connection) (*awssqs.Client, error) {
	var options []func(*config.LoadOptions) error
	if c.Profile != "" {
		options = append(options, config.WithSharedConfigProfile(c.Profile))
	}
	if c.Region != "" {
		options = append(options, config.WithRegion(c.Region))
	}
	loaded, err := config.LoadDefaultConfig(ctx, options...)
	if err != nil {
		return nil, fmt.Errorf("sqs: load AWS's configuration: %w", err)
	}
	if loaded.Region == "" {
		return nil, errors.New("sqs: no AWS region is configured; set AWS_REGION, or the region in the profile")
	}
	return awssqs.NewFromConfig(loaded, func(o *awssqs.Options) {
		if c.Endpoint != "" {
			o.BaseEndpoint = aws.String(c.Endpoint)
		}
	}), nil
}

// Config says where the queues are. Client is required.
type Config struct {
	Client *awssqs.Client
	// Prefix comes before a queue's name in SQS. Default: DefaultPrefix, as in the PHP system.
	Prefix string
	// Order makes the queues SQS's FIFO queues. Their message groups are the owners, or with broker.ByQueue a single one. Default:
	// broker.Unordered, standard queues.
	Order broker.Order
	// Receive is how many messages a relay takes with one call, at most MaxReceive. Default: DefaultReceive.
	Receive int
	// VisibilityTimeout is how long a message stays hidden when the relay that received it is lost. While the relay works on it this is
	// extended. Default: DefaultVisibilityTimeout.
	VisibilityTimeout time.Duration
	// Bucket holds the bodies of messages that are larger than MaxMessageSize. Default: nil, these tasks are refused.
	Bucket *blob.Bucket
}

// Broker keeps tasks in SQS. It is safe for concurrent use.
type Broker struct {
	config Config

	mu     sync.Mutex
	urls   map[string]string    // by the name in SQS
	oldest map[string]time.Time // by queue: of the messages that were received last, or given back
}

var _ broker.Stored = (*Broker)(nil)

// New returns a broker. It makes no call: see Initialize.
func New(c Config) (*Broker, error) {
	if c.Client == nil {
		return nil, errors.New("sqs: Config.Client is nil; make one with Open")
	}
	if _, err := broker.ParseOrder(string(c.Order)); err != nil {
		return nil, fmt.Errorf("sqs: Config.Order: %w", err)
	}
	if c.Receive < 0 || c.Receive > MaxReceive {
		return nil, fmt.Errorf("sqs: Config.Receive is %d; it is 1 to %d", c.Receive, MaxReceive)
	}
	c.Prefix = cmp.Or(c.Prefix, DefaultPrefix)
	c.Receive = cmp.Or(c.Receive, DefaultReceive)
	c.VisibilityTimeout = cmp.Or(c.VisibilityTimeout, DefaultVisibilityTimeout)
	if c.VisibilityTimeout < MinVisibilityTimeout || c.VisibilityTimeout > MaxVisibilityTimeout {
		return nil, fmt.Errorf("sqs: Config.VisibilityTimeout is %s; it is %s to %s", c.VisibilityTimeout, MinVisibilityTimeout, MaxVisibilityTimeout)
	}
	return &Broker{config: c, urls: map[string]string{}, oldest: map[string]time.Time{}}, nil
}

// Name returns "sqs".
func (b *Broker) Name() string { return Name }

// Sync returns false: tasks run in workers.
func (b *Broker) Sync() bool { return false }

// Traits says that several batches at a time are good, unless all messages are of one group: SQS shows no more of a group while some of it are
// on their way.
func (b *Broker) Traits() broker.Traits {
	traits := broker.Traits{Order: b.config.Order, Receivers: receivers}
	switch traits.Order {
	case broker.ByQueue:
		traits.Receivers = 1
	case broker.ByOwner:
		traits.Receivers = fifoReceivers
	}
	return traits
}

func (b *Broker) fifo() bool { return b.config.Order != broker.Unordered }

// Enqueue sends the task.
//
// Only Temporal knows all ids, so one that is taken is no error here: the relay drops the second task.
func (b *Broker) Enqueue(ctx context.Context, t *task.Task) error {
	encoded, err := temporal.Encode(t)
	if err != nil {
		return err
	}
	url, err := b.url(ctx, b.queueName(t.Queue))
	if err != nil {
		return fmt.Errorf("enqueue task %s: %w", t.ID, &broker.StoreError{Queue: t.Queue, Err: err})
	}
	body := text(encoded)
	if len(body) > MaxMessageSize {
		if body, err = b.putAway(ctx, t, body); err != nil {
			return err
		}
	}
	// Not the task's id: for five minutes SQS drops what has the same, also when the first message is gone, as after a migration there and back.
	// What the bucket holds stays when sending fails: SQS may have the message all the same.
	if err := b.send(ctx, url, body, b.group(t), uuid.NewString(), nil); err != nil {
		return fmt.Errorf("enqueue task %s: %w", t.ID, &broker.StoreError{Queue: t.Queue, Err: err})
	}
	return nil
}

// text writes JSON with the characters that SQS takes: it refuses two that may stand in JSON's strings.
func text(encoded []byte) string {
	return strings.NewReplacer("\uFFFE", `\ufffe`, "\uFFFF", `\uffff`).Replace(string(encoded))
}

// validName is what SQS takes as a queue's name, but for .fifo at its end.
var validName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,75}$`)

const deadSuffix = "_dead"

// queueName returns the name of a queue in SQS.
func (b *Broker) queueName(queue string) string { return b.config.Prefix + queue + b.ending() }

// deadName returns the name of a queue's dead-letter queue in SQS.
func (b *Broker) deadName(queue string) string {
	return b.config.Prefix + queue + deadSuffix + b.ending()
}

func (b *Broker) ending() string {
	if b.fifo() {
		return ".fifo"
	}
	return ""
}

// checkName refuses queues that SQS cannot have.
func (b *Broker) checkName(queue string) error {
	if name := b.config.Prefix + queue + deadSuffix; !validName.MatchString(name) {
		return fmt.Errorf("queue %q cannot have the broker sqs: the name of its dead-letter queue, %q, must be 1 to 75 letters, digits, - and _", queue, name)
	}
	return nil
}
