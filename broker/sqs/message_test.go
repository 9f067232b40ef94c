package sqs_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/stretchr/testify/require"
	"gocloud.dev/blob"
	"gocloud.dev/blob/memblob"

	"github.com/distributed-task-queue/taskqueue/broker"
	"github.com/distributed-task-queue/taskqueue/broker/brokertest"
	"github.com/distributed-task-queue/taskqueue/broker/relay"
	"github.com/distributed-task-queue/taskqueue/broker/sqs"
	"github.com/distributed-task-queue/taskqueue/internal/sqstest"
	"github.com/distributed-task-queue/taskqueue/task"
)

func newTask(queue, text string) *task.Task {
	return &task.Task{ID: task.NewID(), Action: "a", Parameters: []byte(`"` + text + `"`), Metadata: task.Metadata{Queue: queue, CreatedAt: time.Now().UTC()}}
}

// open returns a broker with a queue of its own.
func open(t *testing.T, c sqs.Config) (*sqs.Broker, string) {
	t.Helper()
	c.Client = sqstest.Client(sqstest.Endpoint(t))
	b, err := sqs.New(c)
	require.NoError(t, err)
	queue := "m" + string(task.NewID())
	require.NoError(t, b.Initialize(t.Context(), queue))
	return b, queue
}

// receive returns a batch that is not empty.
func receive(t *testing.T, b *sqs.Broker, queue string) broker.Batch {
	t.Helper()
	batch, err := b.Receive(t.Context(), queue)
	require.NoError(t, err)
	require.NotEmpty(t, batch.Messages())
	return batch
}

func TestAMessageStaysHiddenWhileItIsWorkedOn(t *testing.T) {
	t.Parallel()
	const timeout = 12 * time.Second
	b, queue := open(t, sqs.Config{VisibilityTimeout: timeout})
	require.NoError(t, b.Enqueue(t.Context(), newTask(queue, "x")))
	batch := receive(t, b, queue)
	ctx, cancel := context.WithTimeout(t.Context(), timeout+3*time.Second)
	defer cancel()
	again, err := b.Receive(ctx, queue)
	require.Error(t, err, "another relay has got it: %v", again)

	// What is given back can soon be received.
	require.NoError(t, batch.Settle(t.Context(), []broker.Verdict{{}}))
	require.NoError(t, receive(t, b, queue).Settle(t.Context(), []broker.Verdict{{Done: true}}))
	n, err := b.Count(t.Context(), queue)
	require.NoError(t, err)
	require.Zero(t, n)
}

func TestItIsKnownSinceWhenMessagesWaitThatWereReceived(t *testing.T) {
	t.Parallel()
	b, queue := open(t, sqs.Config{Receive: 1})
	require.NoError(t, b.Enqueue(t.Context(), newTask(queue, "x")))
	require.NoError(t, b.Enqueue(t.Context(), newTask(queue, "y")))
	oldest := func(waiting int64) (oldest time.Time) {
		t.Helper()
		require.Eventually(t, func() bool {
			backlog, err := b.Backlog(t.Context(), queue)
			oldest = backlog.Oldest
			return err == nil && backlog.Waiting == waiting
		}, brokertest.Patience, 50*time.Millisecond)
		return oldest
	}
	require.Zero(t, oldest(2), "SQS does not tell")
	first, second := receive(t, b, queue), receive(t, b, queue)
	require.NoError(t, first.Settle(t.Context(), []broker.Verdict{{Done: true}}))
	require.Equal(t, second.Messages()[0].SentAt, oldest(1), "what another receiver has in hand still waits")
	require.NoError(t, second.Settle(t.Context(), []broker.Verdict{{Done: true}}))
	require.Zero(t, oldest(0))
	require.NoError(t, b.Enqueue(t.Context(), newTask(queue, "z")))
	require.Zero(t, oldest(1), "what is gone is forgotten")
}

func TestAnIDCanBeSentAgain(t *testing.T) {
	t.Parallel()
	b, queue := open(t, sqs.Config{Order: broker.ByQueue})
	one := newTask(queue, "x")
	for range 2 { // as when it is moved to another broker and back
		require.NoError(t, b.Enqueue(t.Context(), one))
		batch := receive(t, b, queue)
		require.Contains(t, string(batch.Messages()[0].Body), one.ID)
		require.NoError(t, batch.Settle(t.Context(), []broker.Verdict{{Done: true}}))
	}
}

// deaf does not hear what SQS answers when a message is sent.
type deaf struct{ awssqs.HTTPClient }

func (d deaf) Do(r *http.Request) (*http.Response, error) {
	response, err := d.HTTPClient.Do(r)
	if err == nil && strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".SendMessage") {
		return nil, errors.Join(errors.New("the connection is lost"), response.Body.Close())
	}
	return response, err
}

func TestABlobOutlivesASendThatMayHaveArrived(t *testing.T) {
	t.Parallel()
	bucket := memblob.OpenBucket(nil)
	defer bucket.Close()
	b, queue := open(t, sqs.Config{Bucket: bucket})
	client := awssqs.New(sqstest.Client(sqstest.Endpoint(t)).Options(), func(o *awssqs.Options) { o.HTTPClient = deaf{o.HTTPClient} })
	enqueuer, err := sqs.New(sqs.Config{Bucket: bucket, Client: client})
	require.NoError(t, err)
	require.ErrorContains(t, enqueuer.Enqueue(t.Context(), newTask(queue, strings.Repeat("x", sqs.MaxMessageSize))), "the connection is lost")
	require.NoError(t, receive(t, b, queue).Messages()[0].Err, "it has arrived")
}

func keys(t *testing.T, bucket *blob.Bucket) (keys []string) {
	t.Helper()
	objects, failed := bucket.List(nil).All(t.Context())
	for object := range objects {
		keys = append(keys, object.Key)
	}
	require.NoError(t, failed())
	return keys
}

func TestLargeMessagesAreKeptInTheBucketUntilTheyAreDone(t *testing.T) {
	t.Parallel()
	bucket := memblob.OpenBucket(nil)
	defer bucket.Close()
	b, queue := open(t, sqs.Config{Bucket: bucket})
	large := newTask(queue, strings.Repeat("x", sqs.MaxMessageSize))
	require.NoError(t, b.Enqueue(t.Context(), large))
	require.Len(t, keys(t, bucket), 1)
	batch := receive(t, b, queue)
	require.Contains(t, string(batch.Messages()[0].Body), string(large.Parameters))
	require.NoError(t, batch.Settle(t.Context(), []broker.Verdict{{}}))
	require.Len(t, keys(t, bucket), 1, "it is still needed")
	require.NoError(t, receive(t, b, queue).Settle(t.Context(), []broker.Verdict{{Done: true}}))
	require.Empty(t, keys(t, bucket))

	without, queue := open(t, sqs.Config{})
	var tooLarge *task.TooLargeError
	require.ErrorAs(t, without.Enqueue(t.Context(), newTask(queue, large.Label+strings.Repeat("x", sqs.MaxMessageSize))), &tooLarge)
	require.Equal(t, sqs.MaxMessageSize, tooLarge.Limit)
}

// known is a relay's target that has these tasks already.
type known map[task.ID]bool

func (k known) Enqueue(_ context.Context, t *task.Task) error {
	if k[t.ID] {
		return &task.DuplicateError{ID: t.ID}
	}
	k[t.ID] = true
	return nil
}

func TestAReferenceWithoutItsBlobIsADuplicateOrSetAside(t *testing.T) {
	t.Parallel()
	bucket := memblob.OpenBucket(nil)
	defer bucket.Close()
	b, queue := open(t, sqs.Config{Bucket: bucket})
	done, lost := newTask(queue, strings.Repeat("x", sqs.MaxMessageSize)), newTask(queue, strings.Repeat("x", sqs.MaxMessageSize))
	require.NoError(t, b.Enqueue(t.Context(), done))
	require.NoError(t, b.Enqueue(t.Context(), lost))
	for _, key := range keys(t, bucket) {
		require.NoError(t, bucket.Delete(t.Context(), key))
	}
	target := known{done.ID: true}
	r, err := relay.New(relay.Config{
		Sources: []relay.Source{{Queue: queue, Store: b}}, Target: target,
		Exists: func(_ context.Context, id task.ID) (bool, error) { return target[id], nil },
	})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx) }()
	require.Eventually(t, func() bool { return r.Counts() == relay.Counts{Duplicates: 1, Rejected: 1} }, brokertest.Patience, 50*time.Millisecond)
	cancel()
	require.NoError(t, <-ended)
	rejected, err := b.Rejected(t.Context(), queue, 10)
	require.NoError(t, err)
	require.Len(t, rejected, 1)
	require.Contains(t, rejected[0].Reason, "read the task from the bucket")
	require.Contains(t, rejected[0].Body, lost.ID)
}

func TestWhatIsGivenBackRestsLongerEachTime(t *testing.T) {
	t.Parallel()
	b, queue := open(t, sqs.Config{Order: broker.ByQueue})
	require.NoError(t, b.Enqueue(t.Context(), newTask(queue, "x")))
	began := time.Now()
	for range 3 {
		require.NoError(t, receive(t, b, queue).Settle(t.Context(), []broker.Verdict{{}}))
	}
	receive(t, b, queue)
	require.GreaterOrEqual(t, time.Since(began), 5*time.Second, "1 s, 2 s and 3 s, which SQS may round")
}

func TestAReasonIsCutToWhatFitsBesideTheMessage(t *testing.T) {
	t.Parallel()
	b, queue := open(t, sqs.Config{})
	client := sqstest.Client(sqstest.Endpoint(t))
	url, err := client.GetQueueUrl(t.Context(), &awssqs.GetQueueUrlInput{QueueName: aws.String("TQ_" + queue)})
	require.NoError(t, err)
	for room, want := range map[int]string{0: "no reason fits beside it", 17: "grö"} { // of 17, the name and the type take 12
		body := strings.Repeat("x", sqs.MaxMessageSize-room)
		_, err = client.SendMessage(t.Context(), &awssqs.SendMessageInput{QueueUrl: url.QueueUrl, MessageBody: &body})
		require.NoError(t, err)
		require.NoError(t, receive(t, b, queue).Settle(t.Context(), []broker.Verdict{{Reject: "größer als erlaubt"}}))
		require.Eventually(t, func() bool {
			rejected, err := b.Rejected(t.Context(), queue, 10)
			return err == nil && slices.ContainsFunc(rejected, func(r broker.Rejected) bool { return len(r.Body) == len(body) && strings.HasSuffix(r.Reason, want) })
		}, brokertest.Patience, 100*time.Millisecond)
	}
}

func TestAQueueOfThePHPSystemKeepsItsAttributes(t *testing.T) {
	t.Parallel()
	client := sqstest.Client(sqstest.Endpoint(t))
	queue := "php" + string(task.NewID())
	created, err := client.CreateQueue(t.Context(), &awssqs.CreateQueueInput{
		QueueName: aws.String("TQ_" + queue), Attributes: map[string]string{"VisibilityTimeout": "600", "DelaySeconds": "0"},
	})
	require.NoError(t, err)
	b, err := sqs.New(sqs.Config{Client: client})
	require.NoError(t, err)
	require.NoError(t, b.Initialize(t.Context(), queue))
	described, err := client.GetQueueAttributes(t.Context(), &awssqs.GetQueueAttributesInput{QueueUrl: created.QueueUrl, AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameAll}})
	require.NoError(t, err)
	require.Equal(t, "600", described.Attributes["VisibilityTimeout"])
	require.Empty(t, described.Attributes["RedrivePolicy"])
}

func TestWhatSQSGivesUpIsListedToo(t *testing.T) {
	t.Parallel()
	b, queue := open(t, sqs.Config{})
	client := sqstest.Client(sqstest.Endpoint(t))
	dead, err := client.GetQueueUrl(t.Context(), &awssqs.GetQueueUrlInput{QueueName: aws.String("TQ_" + queue + "_dead")})
	require.NoError(t, err)
	_, err = client.SendMessage(t.Context(), &awssqs.SendMessageInput{QueueUrl: dead.QueueUrl, MessageBody: aws.String("crashes relays")})
	require.NoError(t, err)
	rejected, err := b.Rejected(t.Context(), queue, 10)
	require.NoError(t, err)
	require.Len(t, rejected, 1)
	require.Contains(t, rejected[0].Reason, "SQS gave it up")
}

func TestConfigIsChecked(t *testing.T) {
	t.Parallel()
	client := sqstest.Client("http://127.0.0.1:1")
	for want, c := range map[string]sqs.Config{
		"Config.Client is nil":           {},
		"Config.Receive is 11":           {Client: client, Receive: 11},
		"Config.VisibilityTimeout is 1s": {Client: client, VisibilityTimeout: time.Second},
	} {
		_, err := sqs.New(c)
		require.ErrorContains(t, err, want)
	}
	b, err := sqs.New(sqs.Config{Client: client})
	require.NoError(t, err)
	for _, queue := range []string{"a b", "a.b", strings.Repeat("long", 20), "größe"} {
		require.ErrorContains(t, b.Initialize(t.Context(), queue), "cannot have the broker sqs")
	}
}

func TestOpenTakesAWSsOwnConfiguration(t *testing.T) {
	t.Setenv("AWS_CONFIG_FILE", "/nonexistent")
	t.Setenv("AWS_REGION", "")
	t.Setenv("AWS_DEFAULT_REGION", "")
	_, err := sqs.Open(t.Context(), sqs.Connection{})
	require.ErrorContains(t, err, "no AWS region is configured")
	_, err = sqs.Open(t.Context(), sqs.Connection{Profile: "absent"})
	require.ErrorContains(t, err, "absent")
	c, err := sqs.Open(t.Context(), sqs.Connection{Region: "eu-west-1", Endpoint: "http://127.0.0.1:1"})
	require.NoError(t, err)
	require.Equal(t, "eu-west-1", c.Options().Region)
	require.Equal(t, "http://127.0.0.1:1", *c.Options().BaseEndpoint)
}
