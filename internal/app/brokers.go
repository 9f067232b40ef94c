package app

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	_ "github.com/go-sql-driver/mysql" // the drivers of persistences
	_ "github.com/jackc/pgx/v5/stdlib"
	"gocloud.dev/blob"
	_ "modernc.org/sqlite"

	taskqueue "github.com/distributed-task-queue/taskqueue"
	"github.com/distributed-task-queue/taskqueue/broker"
	"github.com/distributed-task-queue/taskqueue/broker/memory"
	"github.com/distributed-task-queue/taskqueue/broker/rds"
	"github.com/distributed-task-queue/taskqueue/broker/relay"
	"github.com/distributed-task-queue/taskqueue/broker/sqs"
	"github.com/distributed-task-queue/taskqueue/internal/config"
)

// Brokers opens the brokers that queues are configured with. What several share is opened once.
type Brokers struct {
	config    config.Config
	settings  taskqueue.Config
	memory    *memory.Broker
	databases map[string]*sql.DB
	bucket    *blob.Bucket
	closers   []func() error
}

// NewBrokers returns brokers that are connected as the settings say.
func NewBrokers(c config.Config, settings taskqueue.Config) *Brokers {
	return &Brokers{config: c, settings: settings, databases: map[string]*sql.DB{}}
}

// NewBrokers returns brokers for queues that need not be the configuration's.
func (a *App) NewBrokers() *Brokers {
	return NewBrokers(a.Config, taskqueue.Config{Temporal: a.Temporal, Namespace: a.Namespace, Actions: a.Client.Actions(), Logger: a.Logger})
}

// Close closes what was opened.
func (b *Brokers) Close() error {
	var errs []error
	for _, closeIt := range slices.Backward(b.closers) {
		errs = append(errs, closeIt())
	}
	b.closers = nil
	return errors.Join(errs...)
}

// Open returns the broker of a queue; nil stands for the client's default one.
func (b *Brokers) Open(ctx context.Context, q config.Queue) (opened broker.Broker, err error) {
	switch cmp.Or(q.Broker, config.BrokerTemporal) {
	case memory.Name:
		opened, err = b.openMemory()
	case rds.Name:
		opened, err = b.openRDS(q)
	case sqs.Name:
		opened, err = b.openSQS(ctx, q)
	}
	if err != nil {
		return nil, fmt.Errorf("queue %q: %w", q.Name, err)
	}
	return opened, nil
}

func (b *Brokers) openMemory() (broker.Broker, error) {
	if b.memory != nil {
		return b.memory, nil
	}
	actions := b.settings.Actions
	if actions == nil {
		actions = taskqueue.NewRegistry()
	}
	opened, err := memory.New(memory.Config{
		Client: b.settings.Temporal, Namespace: b.settings.Namespace, Actions: actions, Policies: b.settings.Policies,
		TaskLog: b.settings.TaskLog, TracerProvider: b.settings.TracerProvider, Logger: b.settings.Logger,
	})
	if err != nil {
		return nil, err
	}
	b.memory = opened
	b.closers = append(b.closers, opened.Close)
	return opened, nil
}

// drivers are the names of the dialects' drivers in database/sql.
var drivers = map[rds.Dialect]string{rds.PostgreSQL: "pgx", rds.MySQL: "mysql", rds.SQLite: "sqlite"}

func (b *Brokers) openRDS(q config.Queue) (broker.Broker, error) {
	p := b.config.Persistences[q.Persistence]
	db := b.databases[q.Persistence]
	if db == nil {
		var err error
		if db, err = sql.Open(drivers[p.Dialect], p.DSN); err != nil {
			return nil, fmt.Errorf("open persistence %q: its dsn cannot be read by the driver", q.Persistence) // the error may quote a password
		}
		b.databases[q.Persistence] = db
		b.closers = append(b.closers, db.Close)
	}
	return rds.New(rds.Config{DB: db, Dialect: p.Dialect, Receive: q.Receive, Order: q.Order})
}

func (b *Brokers) openSQS(ctx context.Context, q config.Queue) (broker.Broker, error) {
	s := b.config.SQS
	c, err := sqs.Open(ctx, sqs.Connection{Profile: q.AWSProfile, Region: s.Region, Endpoint: s.Endpoint})
	if err != nil {
		return nil, err
	}
	if s.Bucket != "" && b.bucket == nil {
		if b.bucket, err = blob.OpenBucket(ctx, s.Bucket); err != nil {
			return nil, fmt.Errorf("open the bucket that sqs.bucket names: %w", err)
		}
		b.closers = append(b.closers, b.bucket.Close)
	}
	return sqs.New(sqs.Config{
		Client: c, Prefix: s.Prefix, Order: q.Order, Receive: q.Receive, VisibilityTimeout: s.VisibilityTimeout, Bucket: b.bucket,
	})
}

// openBrokers opens the brokers of all queues into the settings.
func openBrokers(ctx context.Context, c config.Config, settings *taskqueue.Config) (*Brokers, error) {
	b := NewBrokers(c, *settings)
	for i, q := range c.Queues {
		opened, err := b.Open(ctx, q)
		if err != nil {
			return nil, errors.Join(err, b.Close())
		}
		settings.Queues[i].Broker = opened
	}
	return b, nil
}

// NewRelay returns a relay for the queues of these names, or for all that have a store, whose metrics are among the program's if that keeps
// any.
func (a *App) NewRelay(queues ...string) (*relay.Relay, error) {
	r, err := a.Client.NewRelay(taskqueue.RelayConfig{
		Queues: queues, PHPActions: a.Config.Relay.PHPActions, Logger: a.Logger,
	})
	if err != nil || a.Metrics == nil {
		return r, err
	}
	return r, a.Metrics.Register(r)
}

// RunRelay runs the relay that belongs beside a worker of this queue, or of all if it is empty, until ctx ends.
func (a *App) RunRelay(ctx context.Context, queue string) error {
	var only []string
	if queue != "" {
		_, err := a.Client.StoreOf(queue)
		if _, none := errors.AsType[*taskqueue.NoStoreError](err); none {
			<-ctx.Done()
			return nil
		}
		only = []string{queue}
	}
	r, err := a.NewRelay(only...)
	if err != nil {
		return err
	}
	return r.Run(ctx)
}
