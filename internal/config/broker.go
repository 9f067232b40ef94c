package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/distributed-task-queue/taskqueue/broker"
	"github.com/distributed-task-queue/taskqueue/broker/memory"
	"github.com/distributed-task-queue/taskqueue/broker/rds"
	"github.com/distributed-task-queue/taskqueue/broker/sqs"
)

// BrokerTemporal is the broker that starts a task's workflow at once.
const BrokerTemporal = "temporal"

// Brokers returns the names of all brokers.
func Brokers() []string { return []string{BrokerTemporal, memory.Name, rds.Name, sqs.Name} }

// Persistence is a database that queues with the broker rds keep their tasks in.
type Persistence struct {
	Dialect rds.Dialect `yaml:"dialect"`
	// DSN is the data source as the driver has it, user and password included.
	DSN string `yaml:"dsn"`
}

// SQS says where queues with the broker sqs are.
type SQS struct {
	Region   string `yaml:"region"`
	Endpoint string `yaml:"endpoint"` // URL of another server than AWS's
	// Prefix comes before a queue's name in SQS.
	Prefix string `yaml:"prefix"`
	// VisibilityTimeout is how long a message stays hidden when the relay that received it is lost.
	VisibilityTimeout time.Duration `yaml:"visibilityTimeout"`
	// Bucket is the URL of the bucket for messages that are too large for SQS. Default: none, such tasks are refused.
	Bucket string `yaml:"bucket"`
}

// Relay says how messages become tasks.
type Relay struct {
	// PHPActions maps classes of the PHP system to actions.
	PHPActions map[string]string `yaml:"phpActions"`
}

// validateBrokers reports what of the queues' brokers cannot work.
func (c Config) validateBrokers(refuse func(key string, value any, reason string)) {
	for i, q := range c.Queues {
		key := func(name string) string { return fmt.Sprintf("queues[%d].%s", i, name) }
		if q.Broker != "" && !slices.Contains(Brokers(), q.Broker) {
			refuse(key("broker"), q.Broker, "there is no such broker; brokers are "+strings.Join(Brokers(), ", "))
		}
		if _, err := broker.ParseOrder(string(q.Order)); err != nil {
			refuse(key("order"), q.Order, err.Error())
		}
		if q.Receive < 0 {
			refuse(key("receive"), q.Receive, "it must be 1 or more, or 0 for the broker's default")
		}
		if q.Broker == sqs.Name && q.Receive > sqs.MaxReceive {
			refuse(key("receive"), q.Receive, fmt.Sprintf("it must be at most %d for the broker sqs", sqs.MaxReceive))
		}
		if _, known := c.Persistences[q.Persistence]; q.Broker == rds.Name && !known {
			refuse(key("persistence"), q.Persistence, fmt.Sprintf("the broker rds needs one of persistences, which has %v",
				slices.Sorted(maps.Keys(c.Persistences))))
		}
	}
	if v := c.SQS.VisibilityTimeout; v != 0 && (v < sqs.MinVisibilityTimeout || v > sqs.MaxVisibilityTimeout) {
		refuse("sqs.visibilityTimeout", v, fmt.Sprintf("it must be %s to %s, or 0 for the default", sqs.MinVisibilityTimeout, sqs.MaxVisibilityTimeout))
	}
	for _, name := range slices.Sorted(maps.Keys(c.Persistences)) {
		if _, err := rds.ParseDialect(string(c.Persistences[name].Dialect)); err != nil {
			refuse("persistences."+name+".dialect", c.Persistences[name].Dialect, err.Error())
		}
		if c.Persistences[name].DSN == "" {
			refuse("persistences."+name+".dsn", "", "it must be the data source, as the database's driver has it")
		}
	}
}
