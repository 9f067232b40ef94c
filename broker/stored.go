package broker

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/distributed-task-queue/taskqueue/task"
)

// StoreError says that a queue's store has not taken a task, or not answered whether it has: asked again with the same id or idempotency key, the task is
// run once all the same.
type StoreError struct {
	Queue string
	Err   error // of the store; it may tell where that is
}

func (e *StoreError) Error() string { return fmt.Sprintf("the store of queue %q: %v", e.Queue, e.Err) }

// Unwrap returns the store's error.
func (e *StoreError) Unwrap() error { return e.Err }

// Stored is a broker that keeps tasks in a store of its own until a relay hands them to Temporal.
//
// A relay gets each message at least once. The task's id makes it start once.
type Stored interface {
	Broker
	// Traits says how a relay is to deal with the store.
	Traits() Traits
	// Place names where the queue's messages are kept. It is the same for whoever keeps them there, however that was configured.
	Place(ctx context.Context, queue string) (string, error)
	// Receive returns the messages that have waited longest, up to the broker's batch size. Where the store can do so it keeps them from
	// other relays until the batch is settled, or this process is gone. If no message waits it returns an empty batch, at once or
	// after a while.
	Receive(ctx context.Context, queue string) (Batch, error)
	// Backlog returns what the queue's store holds.
	Backlog(ctx context.Context, queue string) (Backlog, error)
	// Rejected returns the messages that were set aside, oldest first, at most so many.
	Rejected(ctx context.Context, queue string, limit int) ([]Rejected, error)
	// Restore puts messages that were set aside back into the queue: those with these ids, or without ids all that Backlog counts as Rejected.
	// It returns how many.
	Restore(ctx context.Context, queue string, ids []string) (int, error)
}

// TxEnqueuer is a broker that enqueues inside a transaction of the caller's database.
type TxEnqueuer interface {
	Broker
	// EnqueueTx writes the task in the transaction: its commit enqueues the task, its rollback leaves nothing.
	EnqueueTx(ctx context.Context, tx Tx, t *task.Task) error
}

// Tx is a transaction of database/sql: a *sql.Tx, or what wraps one.
type Tx interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

// Traits are what a relay must know of a store.
type Traits struct {
	// Order says which tasks are handed over one after another.
	Order Order
	// Receivers is how many batches of one queue a relay may have at a time to gain by it.
	Receivers int
}

// Batch is messages on their way to Temporal.
type Batch interface {
	Messages() []Message
	// Settle ends the batch with one verdict for each message.
	Settle(ctx context.Context, verdicts []Verdict) error
}

// Message is what a store holds of one task.
type Message struct {
	ID   string // of the message in its store
	Body []byte
	// SentAt is when it was put into the store.
	SentAt time.Time
	// Err says why there is no body, if there is none. TaskID is then the id of the task, if that is known.
	Err    error
	TaskID task.ID
}

// Verdict is what becomes of a message. The zero value gives it back to the queue.
type Verdict struct {
	// Done deletes it: Temporal has the task.
	Done bool
	// Reject sets it aside for this reason.
	Reject string
}

// Backlog is how much the store of one queue holds.
type Backlog struct {
	Waiting  int64 // messages that no relay has handed over; about, where the store does not know better
	Rejected int64 // messages that were set aside
	// Oldest is when the message was stored that has waited longest. The zero time means that none waits, or that the store does not know.
	Oldest time.Time
}

// Rejected is a message that was set aside.
type Rejected struct {
	ID     string    `json:"id"` // of the message in its store
	Reason string    `json:"reason"`
	Body   string    `json:"body"`
	SentAt time.Time `json:"sentAt"`
}
