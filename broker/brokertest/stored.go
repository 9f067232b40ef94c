package brokertest

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	taskqueue "github.com/distributed-task-queue/taskqueue"
	"github.com/distributed-task-queue/taskqueue/broker"
	"github.com/distributed-task-queue/taskqueue/broker/temporal"
	"github.com/distributed-task-queue/taskqueue/task"
)

var storedCases = []struct {
	name string
	run  func(*testing.T, *bundle, broker.Stored)
}{
	{"a message that comes twice runs once", testDuplicateMessages},
	{"malformed messages are set aside", testMalformed},
	{"messages of the PHP system are tasks", testPHP},
	{"several relays share the work", testSeveralRelays},
	{orderCase, testOrder},
	{"an outage of Temporal is waited for", testOutage},
	{"a stopped relay leaves nothing half done", testStopped},
	{"the backlog tells how much waits, and since when", testBacklog},
	{"a place is that of one queue", testPlace},
}

const orderCase = "an ordered store keeps the order"

// message returns the message of a task for the action note.
func (b *bundle) message(t *testing.T, id task.ID) string {
	t.Helper()
	encoded, err := json.Marshal(&task.Task{
		ID: id, Action: "note", Parameters: task.EmptyParameters,
		Metadata: task.Metadata{Queue: b.queue, CreatedAt: time.Now().UTC(), Policy: &policy},
	})
	require.NoError(t, err)
	return string(encoded)
}

func testDuplicateMessages(t *testing.T, b *bundle, store broker.Stored) {
	ids := make([]task.ID, 10)
	for i := range ids {
		ids[i] = task.NewID()
		for range 3 {
			b.Inject(t, b.message(t, ids[i]))
		}
	}
	b.work(t)
	b.requireOnce(t, ids)
	b.requireEmpty(t, store)
	b.Inject(t, b.message(t, ids[0]))
	b.requireEmpty(t, store)
	require.Equal(t, 1, b.ran()[ids[0]])
}

// requireEmpty waits until nothing waits in the store.
func (b *bundle) requireEmpty(t *testing.T, store broker.Stored) {
	t.Helper()
	require.Eventually(t, func() bool {
		backlog, err := store.Backlog(t.Context(), b.queue)
		return err == nil && backlog.Waiting == 0
	}, Patience, 100*time.Millisecond)
}

func testMalformed(t *testing.T, b *bundle, store broker.Stored) {
	broken := map[string]string{ // what the reason must say
		`not JSON`:           "neither a task",
		`{"hello": "world"}`: "neither a task",
		`{"action": "note", "id": "` + strings.Repeat("x", 300) + `"}`:                      "id has 300 characters",
		`{"action": "note", "id": "a", "priority": 9}`:                                      "priority is 9",
		`{"action": "note", "id": 3}`:                                                       "read the task",
		`{"taskFqcn": "acme\\Task", "metadata": {}}`:                                        "id is empty",
		`{"taskFqcn": "acme\\Task", "metadata": {"__id__": "a", "__callable__": {"x": 1}}}`: "__callable__ is",
	}
	var ids []task.ID
	for body := range broken {
		b.Inject(t, body)
		id := task.NewID()
		b.Inject(t, b.message(t, id))
		ids = append(ids, id)
	}
	b.work(t)
	b.requireOnce(t, ids)
	b.requireEmpty(t, store)
	var rejected []broker.Rejected
	require.Eventually(t, func() bool {
		var err error
		rejected, err = store.Rejected(t.Context(), b.queue, 100)
		return err == nil && len(rejected) == len(broken)
	}, Patience, 100*time.Millisecond, "a message is lost")
	for _, r := range rejected {
		require.Contains(t, r.Reason, broken[r.Body], r.Body)
		require.NotEmpty(t, r.ID)
		require.WithinDuration(t, time.Now(), r.SentAt, Patience+Patience)
	}
	backlog, err := store.Backlog(t.Context(), b.queue)
	require.NoError(t, err)
	require.EqualValues(t, len(broken), backlog.Rejected)

	// What is put back is looked at again, and set aside again.
	restored, err := store.Restore(t.Context(), b.queue, nil)
	require.NoError(t, err)
	require.Equal(t, len(broken), restored)
	require.Eventually(t, func() bool {
		backlog, err := store.Backlog(t.Context(), b.queue)
		return err == nil && backlog.Waiting == 0 && backlog.Rejected == int64(len(broken))
	}, Patience, 100*time.Millisecond)
}

func testPHP(t *testing.T, b *bundle, _ broker.Stored) {
	b.work(t)
	id := task.ID("http://demo.test/x.rdf#i" + string(task.NewID()))
	b.Inject(t, fmt.Sprintf(`{"taskFqcn":"oat\\tao\\model\\taskQueue\\Task\\CallbackTask",
		"metadata":{"__id__":%q,"__created_at__":"2025-01-01T02:00:00+02:00","__owner__":"http://demo.test/u#1",
			"__parent_id__":"http://demo.test/x.rdf#i1","__master_status__":1,"__label__":"Nightly run","__callable__":"acme\\jobs\\Note"},
		"parameters":{"day":"2025-01-01"}}`, id))
	other := task.ID("http://demo.test/x.rdf#j" + string(task.NewID()))
	b.Inject(t, fmt.Sprintf(`{"taskFqcn":"oat\\tao\\model\\taskQueue\\Task\\CallbackTask",
		"metadata":{"__id__":%q,"__created_at__":"2025-01-01T00:00:00+00:00","__owner__":"","__master_status__":0,"__callable__":"\\note"},
		"parameters":[]}`, other))
	entity := b.closed(t, id)
	require.Equal(t, task.Completed, entity.Status)
	require.Equal(t, "note", entity.TaskName)
	require.Equal(t, "Nightly run", entity.Label)
	require.Equal(t, "http://demo.test/u#1", entity.Owner)
	require.Equal(t, task.ID("http://demo.test/x.rdf#i1"), entity.ParentID)
	require.True(t, entity.MasterStatus)
	require.Equal(t, time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC), entity.CreatedAt.UTC())
	require.JSONEq(t, `{"day": "2025-01-01"}`, entity.Parameters)
	b.requireOnce(t, []task.ID{id, other})
	require.JSONEq(t, `{}`, b.closed(t, other).Parameters, "an empty list of PHP's is an empty map")
}

func testSeveralRelays(t *testing.T, b *bundle, store broker.Stored) {
	ids := make([]task.ID, 300)
	for i := range ids {
		ids[i] = task.NewID()
		b.Inject(t, b.message(t, ids[i]))
	}
	b.startWorker(t)
	for range 3 {
		b.relay(t, b.client)
	}
	b.requireOnce(t, ids)
	b.requireEmpty(t, store)
}

func testOrder(t *testing.T, b *bundle, store broker.Stored) {
	order := store.Traits().Order
	if order == broker.Unordered {
		t.Skip("the store is not ordered")
	}
	// What is in order with each other: all, or those of an owner.
	together := func(owner string) string {
		if order == broker.ByOwner {
			return owner
		}
		return ""
	}
	ids, ownerOf := map[string][]task.ID{}, map[task.ID]string{}
	owners := []string{"", "jane", "joe", "Zoë of http://example.com/#1"}
	enqueue := func(owner string) {
		id := b.enqueue(t, "note", nil, taskqueue.Options{Owner: owner}).ID
		ids[together(owner)], ownerOf[id] = append(ids[together(owner)], id), owner
	}
	for i := range 60 {
		enqueue(owners[i%len(owners)])
	}
	b.Inject(t, "a malformed message blocks nobody")
	enqueue("jane")
	started := &starts{target: temporal.New(b.config.Temporal)}
	for range 2 { // they share the work, or the second one stands by
		b.relayTo(t, store, started)
	}
	b.requireEmpty(t, store)
	first := map[string][]task.ID{}
	for _, id := range started.first() {
		first[together(ownerOf[id])] = append(first[together(ownerOf[id])], id)
	}
	require.Equal(t, ids, first)
}

func testStopped(t *testing.T, b *bundle, store broker.Stored) {
	ids := make([]task.ID, 200)
	for i := range ids {
		ids[i] = b.enqueue(t, "note", nil, taskqueue.Options{}).ID
	}
	b.startWorker(t)
	for range 5 {
		stop := b.relay(t, b.client)
		time.Sleep(20 * time.Millisecond) // anywhere on its way
		stop()
	}
	b.relay(t, b.client)
	b.requireOnce(t, ids)
	b.requireEmpty(t, store)
}

func testBacklog(t *testing.T, b *bundle, store broker.Stored) {
	before := time.Now().Add(-time.Second)
	for range 3 {
		b.enqueue(t, "note", nil, taskqueue.Options{})
	}
	var backlog broker.Backlog
	require.Eventually(t, func() bool {
		var err error
		backlog, err = store.Backlog(t.Context(), b.queue)
		return err == nil && backlog.Waiting == 3 && backlog.Rejected == 0
	}, Patience, 100*time.Millisecond)
	if !backlog.Oldest.IsZero() { // not all stores know
		require.WithinRange(t, backlog.Oldest, before, time.Now().Add(time.Second))
	}
	b.work(t)
	b.requireEmpty(t, store)
	backlog, err := store.Backlog(t.Context(), b.queue)
	require.NoError(t, err)
	require.Zero(t, backlog.Oldest)
}

func testPlace(t *testing.T, b *bundle, store broker.Stored) {
	place, err := store.Place(t.Context(), b.queue)
	require.NoError(t, err)
	again, err := store.Place(t.Context(), b.queue)
	require.NoError(t, err)
	require.Equal(t, place, again)
	require.NoError(t, store.Initialize(t.Context(), b.queue+"-2"))
	other, err := store.Place(t.Context(), b.queue+"-2")
	require.NoError(t, err)
	require.NotEqual(t, place, other)
}
