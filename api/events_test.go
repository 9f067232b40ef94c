package api_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/distributed-task-queue/taskqueue"
	"github.com/distributed-task-queue/taskqueue/api"
	"github.com/distributed-task-queue/taskqueue/internal/temporaltest"
	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/tasklog"
	"github.com/distributed-task-queue/taskqueue/tasklog/visibility"
)

// event is one event of a stream.
type event struct{ name, id, data string }

// stream is an open stream of events.
type stream struct {
	t        *testing.T
	response *http.Response
	lines    *bufio.Scanner
	close    context.CancelFunc
}

// follow opens a stream; it is closed with the test.
func (b *bundle) follow(path string, header ...string) *stream {
	b.t.Helper()
	ctx, stop := context.WithCancel(b.t.Context())
	b.t.Cleanup(stop)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, b.url+path, nil)
	require.NoError(b.t, err)
	for i := 0; i < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	response, err := http.DefaultClient.Do(request)
	require.NoError(b.t, err)
	b.t.Cleanup(func() { _ = response.Body.Close() })
	s := &stream{t: b.t, response: response, lines: bufio.NewScanner(response.Body), close: stop}
	s.lines.Buffer(nil, 8<<20)
	return s
}

// next returns the next event; ok is false when the stream has ended.
func (s *stream) next() (e event, ok bool) {
	s.t.Helper()
	for s.lines.Scan() {
		name, value, _ := strings.Cut(s.lines.Text(), ": ")
		switch name {
		case "event":
			e.name = value
		case "id":
			e.id = value
		case "data":
			e.data = value
		case "":
			if e.name != "" {
				return e, true
			}
		}
	}
	return e, false
}

// change is the data of a list's event.
type change struct {
	Total int64
	More  bool
	Tasks []entity
	Gone  []string
}

func (s *stream) change() (change, event) {
	s.t.Helper()
	e, ok := s.next()
	require.True(s.t, ok, "the stream has ended: %v", s.lines.Err())
	require.Equal(s.t, "tasks", e.name)
	var c change
	require.NoError(s.t, json.Unmarshal([]byte(e.data), &c), e.data)
	return c, e
}

func TestStreamOfATask(t *testing.T) {
	t.Parallel()
	b := setup(t)
	quit := make(chan struct{})
	b.withFamily(quit)
	id := b.create(map[string]any{"action": "family", "label": "line\nbreak"}).ID
	path := "/api/v1/tasks/" + id + "/events"
	s := b.follow(path)
	require.Equal(t, http.StatusOK, s.response.StatusCode)
	require.Equal(t, "text/event-stream", s.response.Header.Get("Content-Type"))
	require.Equal(t, "no-store", s.response.Header.Get("Cache-Control"))

	var seen []string
	var last event
	working := false // only when the first event has shown the task as it waits
	for {
		e, ok := s.next()
		require.True(t, ok, "it ends with an event that says so")
		if e.name == "end" {
			break
		}
		require.Equal(t, "task", e.name)
		require.NotEqual(t, last.id, e.id, "nothing is told twice")
		last = e
		var got struct {
			entity

			Progress *task.Progress
		}
		require.NoError(t, json.Unmarshal([]byte(e.data), &got))
		require.Equal(t, id, got.ID)
		seen = append(seen, got.RawStatus)
		if !working {
			working = true
			b.work()
		}
		if got.Progress != nil && got.Progress.Percent == 50 {
			select {
			case <-quit:
			default:
				close(quit)
			}
		}
	}
	require.Equal(t, "enqueued", seen[0])
	require.Contains(t, seen, "running")
	require.Equal(t, "completed", seen[len(seen)-1])
	_, more := s.next()
	require.False(t, more)

	known := b.follow(path, "Last-Event-ID", last.id)
	require.Equal(t, http.StatusNoContent, known.response.StatusCode, "browsers do not come back then")
	again := b.follow(path, "Last-Event-ID", "something older")
	e, ok := again.next()
	require.True(t, ok)
	require.Equal(t, last.name, e.name)
	require.Equal(t, last.id, e.id)
}

func TestStreamsThatCannotBe(t *testing.T) {
	t.Parallel()
	b := setup(t)
	readProblem(t, b.do(http.MethodGet, "/api/v1/tasks/nobody/events", nil), http.StatusNotFound)
	readProblem(t, b.do(http.MethodGet, "/api/v1/events?status=lost", nil), http.StatusUnprocessableEntity)
	require.Equal(t, "limit", readProblem(t, b.do(http.MethodGet, "/api/v1/events?limit=1", nil), http.StatusUnprocessableEntity).Field)
}

func TestStreamOfAList(t *testing.T) {
	t.Parallel()
	b := setup(t)
	owner := temporaltest.UniqueName(t)
	path := "/api/v1/events?status=enqueued&filter=" + url.QueryEscape("owner eq "+owner)
	s := b.follow(path)
	first, _ := s.change()
	require.Equal(t, change{Tasks: []entity{}, Gone: []string{}}, first)

	one := b.create(map[string]any{"action": "declared", "owner": owner, "label": "one"}).ID
	came, _ := s.change()
	require.Equal(t, int64(1), came.Total)
	require.Equal(t, one, came.Tasks[0].ID)
	require.Equal(t, "one", came.Tasks[0].TaskLabel)
	require.False(t, came.More)

	require.Equal(t, http.StatusOK, b.do(http.MethodPost, "/api/v1/tasks/"+one+"/cancel", map[string]any{}).StatusCode)
	left, e := s.change()
	require.Equal(t, change{Tasks: []entity{}, Gone: []string{one}}, left)

	s.close()
	back := b.follow(path, "Last-Event-ID", e.id)
	two := b.create(map[string]any{"action": "declared", "owner": owner}).ID
	came, e = back.change()
	require.Equal(t, two, came.Tasks[0].ID, "nothing had changed, so nothing was told before")

	back.close()
	b.create(map[string]any{"action": "declared", "owner": owner})
	b.await("the index knows it", func() bool {
		return read[list](t, b.do(http.MethodGet, "/api/v1/tasks?status=enqueued&owner="+owner, nil), http.StatusOK).Total == 2
	})
	missed, _ := b.follow(path, "Last-Event-ID", e.id).change()
	require.True(t, missed.More, "what was missed is to be read")
	require.Equal(t, int64(2), missed.Total)
}

// counting counts the searches of an engine.
type counting struct {
	tasklog.Engine

	searches atomic.Int64
}

func (c *counting) Search(ctx context.Context, f *tasklog.Filter) (tasklog.Page, error) {
	c.searches.Add(1)
	return c.Engine.Search(ctx, f)
}

// 500 clients of one list, of which every second reads nothing and every fourth is cut off, while tasks come.
//
// It does not run beside other tests, so that streams that are left must be its own.
func TestFiveHundredStreams(t *testing.T) {
	const clients, tasks = 500, 20
	temporal := temporaltest.Dial(t)
	engine := &counting{Engine: visibility.New(visibility.Config{Client: temporal, Namespace: temporaltest.Namespace})}
	queue := temporaltest.UniqueName(t)
	b := setupWith(t, taskqueue.Config{
		Temporal: temporal, TaskLog: engine, Queues: []taskqueue.Queue{{Name: queue}}, Logger: temporaltest.Logger(t),
	}, api.Config{})
	path := "/api/v1/events?queue=" + queue
	address := strings.TrimPrefix(b.url, "http://")
	begin := time.Now()

	connections := make([]net.Conn, clients)
	for i := range connections {
		var dialer net.Dialer
		connection, err := dialer.DialContext(t.Context(), "tcp", address)
		require.NoError(t, err)
		defer connection.Close()
		_, err = fmt.Fprintf(connection, "GET %s HTTP/1.1\r\nHost: %s\r\n\r\n", path, address)
		require.NoError(t, err)
		connections[i] = connection
	}
	var ready, done sync.WaitGroup
	for i := 1; i < clients; i += 2 {
		ready.Add(1)
		done.Go(func() {
			told := sync.OnceFunc(ready.Done)
			defer told()
			lines := bufio.NewScanner(connections[i])
			lines.Buffer(nil, 1<<20)
			for lines.Scan() {
				if strings.Contains(lines.Text(), `"total":0`) {
					told()
				}
				if strings.Contains(lines.Text(), fmt.Sprintf(`"total":%d`, tasks)) {
					return
				}
			}
			t.Errorf("stream %d ended before all was told: %v", i, lines.Err())
		})
	}
	ready.Wait()
	for i := range tasks {
		b.create(map[string]any{"action": "declared", "label": strconv.Itoa(i)})
		if i%5 == 0 {
			for j := i / 5 * 100; j < (i/5+1)*100; j += 4 {
				require.NoError(t, connections[j].Close())
			}
		}
	}
	done.Wait()
	require.Equal(t, http.StatusOK, b.do(http.MethodGet, "/healthz", nil).StatusCode)
	require.LessOrEqual(t, engine.searches.Load(), int64(time.Since(begin)/time.Second)+1, "all share one query each second")

	for _, connection := range connections {
		_ = connection.Close()
	}
	b.await("nothing is left of the streams", func() bool { return streams() == 0 })
	before := engine.searches.Load()
	time.Sleep(2 * time.Second) // that nothing happens shows only in time
	require.Equal(t, before, engine.searches.Load(), "nobody is left who polls")
}

// streams returns how many goroutines serve streams or poll for them.
func streams() int {
	stacks := make([]byte, 64<<20)
	text := string(stacks[:runtime.Stack(stacks, true)])
	return strings.Count(text, "/api.stream[") + strings.Count(text, "/api/internal/events.(*Hub[")
}

func TestStreamsAreBounded(t *testing.T) {
	t.Parallel()
	queue := temporaltest.UniqueName(t)
	b := setupWith(t, taskqueue.Config{
		Temporal: temporaltest.Dial(t), Queues: []taskqueue.Queue{{Name: queue}}, Logger: temporaltest.Logger(t),
	}, api.Config{MaxStreams: 2})
	path := "/api/v1/events?queue=" + queue
	one, two := b.follow(path), b.follow(path)
	one.change()
	two.change()
	refused := b.do(http.MethodGet, path, nil)
	require.Contains(t, readProblem(t, refused, http.StatusServiceUnavailable).Detail, "2 event streams")
	require.NotEmpty(t, refused.Header.Get("Retry-After"))
	one.close()
	b.await("there is a place again", func() bool { return b.follow(path).response.StatusCode == http.StatusOK })
}

func TestAServerThatStopsEndsItsStreams(t *testing.T) {
	t.Parallel()
	b := setup(t)
	stop := b.serve()
	list := b.follow("/api/v1/events?status=failed&queue=" + b.queue) // in which nothing changes
	list.change()
	one := b.follow("/api/v1/tasks/" + b.create(map[string]any{"action": "declared"}).ID + "/events")
	_, ok := one.next()
	require.True(t, ok)
	begin := time.Now()
	require.NoError(t, stop())
	require.Less(t, time.Since(begin), 10*time.Second, "streams do not hold up the stop")
	for _, s := range []*stream{list, one} {
		rest, err := io.ReadAll(s.response.Body)
		require.NoError(t, err)
		require.Empty(t, strings.TrimSpace(string(rest)))
	}
}

// silent is an engine whose first search has no answer until it may answer, or its time is up.
type silent struct {
	tasklog.Engine

	first         sync.Once
	asked, answer chan struct{}
}

func newSilent(t *testing.T, temporal client.Client) *silent {
	t.Helper()
	return &silent{
		Engine: visibility.New(visibility.Config{Client: temporal, Namespace: temporaltest.Namespace}),
		asked:  make(chan struct{}), answer: make(chan struct{}),
	}
}

func (e *silent) Search(ctx context.Context, f *tasklog.Filter) (tasklog.Page, error) {
	e.first.Do(func() { close(e.asked) })
	select {
	case <-e.answer:
		return e.Engine.Search(ctx, f)
	case <-ctx.Done():
		return tasklog.Page{}, ctx.Err()
	}
}

func TestAStreamThatHasNotBegunIsToldOfTheStop(t *testing.T) {
	t.Parallel()
	temporal := temporaltest.Dial(t)
	engine := newSilent(t, temporal)
	b := setupWith(t, taskqueue.Config{Temporal: temporal, TaskLog: engine, Logger: temporaltest.Logger(t)}, api.Config{})
	stop := b.serve()
	stopped := make(chan error, 1)
	go func() {
		<-engine.asked
		stopped <- stop()
	}()
	a := b.do(http.MethodGet, "/api/v1/events", nil)
	require.Contains(t, readProblem(t, a, http.StatusServiceUnavailable).Detail, "the server is stopping")
	require.NotEmpty(t, a.Header.Get("Retry-After"))
	require.NoError(t, <-stopped)
}
