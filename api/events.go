package api

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"time"

	"github.com/distributed-task-queue/taskqueue/api/internal/events"
	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/tasklog"
)

const (
	// heartbeat is how often a client of a stream in which nothing happens hears that it is still there.
	heartbeat = 15 * time.Second
	// After a stream broke clients wait from minRetry to maxRetry, each for another time, so that they do not all come back at once.
	minRetry, maxRetry = time.Second, 5 * time.Second
)

// streams are the event streams of a server.
type streams struct {
	tasks  *events.Hub[events.TaskUpdate]
	lists  *events.Hub[events.ListUpdate]
	places *places
}

func newStreams(config Config) *streams {
	return &streams{
		tasks: events.NewHub[events.TaskUpdate](config.Logger), lists: events.NewHub[events.ListUpdate](config.Logger),
		places: newPlaces(config.MaxStreams),
	}
}

// stopping is the key of a channel, in the context of a request, that is closed when the server stops.
type stopping struct{}

// streamTask tells how one task is, until it has ended.
func (s *Server) streamTask(c *call) error {
	id := task.ID(c.Param("id"))
	known := c.GetHeader("Last-Event-ID")
	subscribe := func() *events.Reader[events.TaskUpdate] {
		return s.streams.tasks.Subscribe(c.topic(string(id)), events.PollTask(c.log, id, s.presenter))
	}
	return stream(s, c, subscribe,
		func(w func() (*events.Writer, error), u events.TaskUpdate) (bool, error) {
			if u.ID == known {
				if u.Final() {
					c.Status(http.StatusNoContent) // this is how a client of events is told not to come back
					return false, nil
				}
				_, err := w()
				return true, err
			}
			known = u.ID
			writer, err := w()
			if err != nil {
				return false, err
			}
			if err := writer.Send("task", u.ID, u.View); err != nil || !u.Final() {
				return true, err
			}
			return false, writer.Send("end", "", struct{}{})
		})
}

// listChange is the data of an event of a list.
type listChange struct {
	Total int64          `json:"total"`
	More  bool           `json:"more"`
	Tasks []tasklog.View `json:"tasks"`
	Gone  []task.ID      `json:"gone"`
}

// streamTasks tells what changes in a list.
func (s *Server) streamTasks(c *call) error {
	var query columnQuery
	if err := c.bindQuery(&query); err != nil {
		return err
	}
	f, err := query.filter(c)
	if err != nil {
		return err
	}
	if err := f.Err(); err != nil {
		return err
	}
	known, first := c.GetHeader("Last-Event-ID"), true
	subscribe := func() *events.Reader[events.ListUpdate] {
		return s.streams.lists.Subscribe(c.topic(c.Request.URL.Query().Encode()), events.PollList(c.log, f, s.presenter))
	}
	return stream(s, c, subscribe,
		func(w func() (*events.Writer, error), u events.ListUpdate) (bool, error) {
			writer, err := w()
			if err != nil {
				return false, err
			}
			if first {
				first = false
				if u.ID == known {
					return true, nil
				}
				u.More = known != ""
			}
			change := listChange{Total: u.Total, More: u.More, Tasks: u.Tasks(), Gone: []task.ID{}}
			for id := range u.Gone {
				change.Gone = append(change.Gone, id)
			}
			slices.Sort(change.Gone)
			return true, writer.Send("tasks", u.ID, change)
		})
}

// topic names what is polled for the visitor. Visitors share a topic only if they see the same tasks.
func (c *call) topic(name string) string {
	if c.visitor.confined() {
		return fmt.Sprintf("of %q: %s", c.visitor.Subject, name)
	}
	return "of all: " + name
}

// stream sends what the reader is told until the client goes, the credentials are not good any more, the server stops, or send says that
// this was all. Nothing is written before the first update, so that an error until then is answered as any other. What send gets makes the
// writer. It subscribes only if there is a place for the stream.
func stream[U events.Update[U]](s *Server, c *call, subscribe func() *events.Reader[U],
	send func(func() (*events.Writer, error), U) (bool, error),
) error {
	leave, err := s.streams.places.take(c.Context, c.visitor.Subject)
	if err != nil {
		return err
	}
	defer leave()
	r := subscribe()
	defer r.Close()
	ctx := c.Request.Context()
	stopped, _ := ctx.Value(stopping{}).(<-chan struct{})
	if w, ok := c.Writer.(*pacedWriter); ok {
		defer w.hurryWhen(stopped)()
	}
	var writer *events.Writer
	open := func() (_ *events.Writer, err error) {
		if writer == nil {
			writer, err = events.NewWriter(c.Writer, minRetry+rand.N(maxRetry-minRetry)) //nolint:gosec // nobody gains by guessing it
		}
		return writer, err
	}
	// end returns the error if it can still be answered. Else the client comes back, and gets it then.
	end := func(err error) error {
		if writer != nil {
			return nil
		}
		return err
	}
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-stopped:
			return end(kindUnavailable.problem("", "the server is stopping; try again"))
		case <-beat.C:
			if writer != nil && writer.Heartbeat() != nil {
				return nil // the client is gone
			}
		case <-r.Wake():
		}
		if err := s.stillWelcome(c); err != nil {
			return end(err)
		}
		update, some, err := r.Take()
		more := true
		if err == nil && some {
			more, err = send(open, update)
		}
		if err != nil || !more {
			return end(err)
		}
	}
}
