package brokertest

import (
	"context"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"

	taskqueue "github.com/distributed-task-queue/taskqueue"
	"github.com/distributed-task-queue/taskqueue/broker"
	"github.com/distributed-task-queue/taskqueue/broker/relay"
	"github.com/distributed-task-queue/taskqueue/broker/temporal"
	"github.com/distributed-task-queue/taskqueue/internal/temporaltest"
	"github.com/distributed-task-queue/taskqueue/task"
)

// starts is a relay's target that hands over to Temporal and notes the order.
type starts struct {
	target *temporal.Broker
	mu     sync.Mutex
	ids    []task.ID
}

func (s *starts) Enqueue(ctx context.Context, t *task.Task) error {
	s.mu.Lock()
	s.ids = append(s.ids, t.ID)
	s.mu.Unlock()
	return s.target.Enqueue(ctx, t)
}

// first returns the tasks in the order in which they were handed over for the first time.
func (s *starts) first() (ids []task.ID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	seen := map[task.ID]bool{}
	for _, id := range s.ids {
		if !seen[id] {
			ids = append(ids, id)
		}
		seen[id] = true
	}
	return ids
}

// relayTo runs a relay to the target.
func (b *bundle) relayTo(t *testing.T, store broker.Stored, to *starts) {
	t.Helper()
	r, err := relay.New(relay.Config{
		Sources: []relay.Source{{Queue: b.queue, Store: store}}, Target: to, Logger: b.config.Logger, PollInterval: 20 * time.Millisecond,
	})
	require.NoError(t, err)
	inBackground(t, r.Run)
}

// testOutage cuts the relay's way to Temporal while it works.
func testOutage(t *testing.T, b *bundle, store broker.Stored) {
	way := newProxy(t, temporaltest.Server().Address)
	connection, err := client.NewLazyClient(client.Options{
		HostPort: way.address(), Namespace: temporaltest.Namespace, Logger: log.NewStructuredLogger(b.config.Logger),
	})
	require.NoError(t, err)
	t.Cleanup(connection.Close)
	config := b.config
	config.Temporal = connection
	behind, err := taskqueue.New(config)
	require.NoError(t, err)

	b.relay(t, behind)
	var ids []task.ID
	enqueue := func() {
		for range 20 {
			ids = append(ids, b.enqueue(t, "note", nil, taskqueue.Options{}).ID)
		}
	}
	requireMoved := func() { // nobody needs to run them
		t.Helper()
		for _, id := range ids {
			require.Eventually(t, func() bool {
				_, err := b.client.TaskLog().Get(t.Context(), id)
				return err == nil
			}, Patience, 20*time.Millisecond, "task %s is not handed over", id)
		}
		b.requireEmpty(t, store)
	}
	enqueue()
	requireMoved()
	for range 2 {
		way.cut()
		enqueue()
		time.Sleep(3 * time.Second) // an outage
		backlog, err := store.Backlog(t.Context(), b.queue)
		require.NoError(t, err)
		require.Positive(t, backlog.Waiting, "what cannot be handed over stays in the store")
		require.Zero(t, backlog.Rejected, "an outage is no message's fault")
		way.mend()
		requireMoved()
	}
}

// proxy forwards connections, except while it is cut.
type proxy struct {
	listener net.Listener
	to       string
	mu       sync.Mutex
	broken   bool
	open     map[net.Conn]bool
}

func newProxy(t *testing.T, to string) *proxy {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	p := &proxy{listener: listener, to: to, open: map[net.Conn]bool{}}
	var running sync.WaitGroup
	running.Go(func() {
		for {
			from, err := listener.Accept()
			if err != nil {
				return
			}
			running.Go(func() { p.serve(from) })
		}
	})
	t.Cleanup(func() {
		require.NoError(t, listener.Close())
		p.cut()
		running.Wait()
	})
	return p
}

func (p *proxy) address() string { return p.listener.Addr().String() }

func (p *proxy) serve(from net.Conn) {
	defer from.Close() //nolint:errcheck // whoever reads will see
	to, err := net.Dial("tcp", p.to)
	if err != nil || !p.add(from, to) {
		return
	}
	defer to.Close() //nolint:errcheck // as above
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = io.Copy(to, from) // it ends when it is cut
		_ = to.Close()
	}()
	_, _ = io.Copy(from, to)
	_ = from.Close()
	<-done
}

// add reports false while the proxy is cut.
func (p *proxy) add(connections ...net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range connections {
		if p.broken {
			_ = c.Close()
			continue
		}
		p.open[c] = true
	}
	return !p.broken
}

func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.broken = true
	for c := range p.open {
		_ = c.Close()
	}
	clear(p.open)
}

func (p *proxy) mend() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.broken = false
}
