package tasklog

import "context"

// EventType says what was done to a task.
type EventType string

// The events.
const (
	TaskLogArchived  EventType = "TaskLogArchived"
	TaskLogCancelled EventType = "TaskLogCancelled"
)

// Event tells that somebody archived or cancelled a task.
type Event struct {
	Type   EventType
	Entity Entity // the task as it is afterwards
	Forced bool
}

// Observer is told of events, after the fact and only if something was changed. It is called by several
// goroutines at a time, and whoever archives or cancels waits for it.
type Observer func(context.Context, Event)

// notify tells the observers. What has happened is told even if nobody waits for the result any more.
func (l *TaskLog) notify(ctx context.Context, e Event) {
	for _, observe := range l.config.Observers {
		observe(context.WithoutCancel(ctx), e)
	}
}
