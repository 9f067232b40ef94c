package relay

import (
	"context"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/distributed-task-queue/taskqueue/broker"
	"github.com/distributed-task-queue/taskqueue/task"
)

// parcel is a message with the task that was made of it, or why there is none.
type parcel struct {
	message broker.Message
	place   int // in its batch
	task    *task.Task
	err     error
}

// handOverAll returns what becomes of each message. After the first that could not be handed over, or when ctx has ended, no other is begun, and
// the rest is given back: what keeps the one will keep the others too. The error tells why.
func (l *line) handOverAll(ctx context.Context, messages []broker.Message) ([]broker.Verdict, error) {
	verdicts := make([]broker.Verdict, len(messages))
	var failed atomic.Bool
	var running errgroup.Group
	for _, chain := range l.chains(messages) {
		l.places <- struct{}{}
		running.Go(func() (err error) {
			defer func() { <-l.places }()
			for _, p := range chain {
				if failed.Load() || ctx.Err() != nil {
					return nil
				}
				// What has begun is brought to its end although ctx may end: otherwise it would only be done twice.
				if verdicts[p.place], err = l.handOver(context.WithoutCancel(ctx), p); err != nil {
					failed.Store(true)
					return err
				}
			}
			return nil
		})
	}
	return verdicts, running.Wait()
}

// chains returns the messages in the order in which they came. Those of one chain are handed over one after another.
func (l *line) chains(messages []broker.Message) [][]parcel {
	var chains [][]parcel
	known := map[string]int{} // the chains, by what their messages have in common
	for i, m := range messages {
		p := parcel{message: m, place: i}
		if m.Err == nil {
			p.task, p.err = l.read(m)
		}
		key, ordered := l.chainOf(p)
		chain, found := known[key]
		if !found || !ordered {
			chain = len(chains)
			chains = append(chains, nil)
		}
		if ordered {
			known[key] = chain
		}
		chains[chain] = append(chains[chain], p)
	}
	return chains
}

// chainOf returns what messages of the same chain have in common, or false for one that need not wait for others.
func (l *line) chainOf(p parcel) (key string, ordered bool) {
	switch l.traits.Order {
	case broker.ByQueue:
		return "", true
	case broker.ByOwner:
		if p.task == nil {
			return "", false
		}
		return p.task.Owner, true
	default:
		return "", false
	}
}

// read returns the task of a message, complete and valid.
func (l *line) read(m broker.Message) (*task.Task, error) {
	t, foreign, err := decode(m.Body, l.config.PHPActions)
	if err != nil {
		return nil, err
	}
	if t.Queue == "" {
		t.Queue = l.Queue
	}
	if t.CreatedAt.IsZero() {
		t.CreatedAt = m.SentAt
	}
	if err := l.config.Prepare(t, foreign); err != nil {
		return nil, err
	}
	return t, t.Validate()
}
