package taskqueue

import (
	"time"

	"github.com/distributed-task-queue/taskqueue/task"
)

// Options say more about one task. The zero value is the default of each field.
//
// Typed parameters may embed Options, with the tag `json:"-"`: then Enqueue takes them from there.
type Options struct {
	ID       task.ID       // default: a new UUIDv7. An id that was used before gives a *task.DuplicateError.
	Queue    string        // default: chosen by the dispatcher
	Owner    string        // default: the parent's; without a parent Config.Owner
	Category task.Category // default: what the action names; else Config.Categories; else task.CategoryUnknown
	ParentID task.ID       // default: none
	Master   bool          // the task's status is its own business, whatever its children do
	Delay    time.Duration // how long to wait before the task may start; default: not at all
	Priority int           // 1 (first) to 5 (last) inside the queue; default: 3
	// IdempotencyKey makes it safe to enqueue again when it is not known whether it was done: with a key that was used before, and
	// everything else the same, the first task is returned and no other one is made. With anything else the error is a
	// *task.KeyReusedError. A key is known as long as its task is in the log, and means the same task for everybody; it takes the place
	// of an ID. Default: none.
	IdempotencyKey string
}

// orDefault returns the options that a pointer, which may be nil, stands for.
func (o *Options) orDefault() Options {
	if o == nil {
		return Options{}
	}
	return *o
}

// TaskOptions returns the options, for parameters that embed them.
func (o Options) TaskOptions() Options { return o }

// SetID sets the task's id.
func (o *Options) SetID(id task.ID) { o.ID = id }

// SetQueue sets the queue, whatever the dispatcher would choose.
func (o *Options) SetQueue(name string) { o.Queue = name }

// SetOwner sets who the task belongs to.
func (o *Options) SetOwner(owner string) { o.Owner = owner }

// SetCategory sets the category.
func (o *Options) SetCategory(c task.Category) { o.Category = c }

// SetParent makes the task a child of another one.
func (o *Options) SetParent(id task.ID) { o.ParentID = id }

// SetMaster marks the task as a master.
func (o *Options) SetMaster(master bool) { o.Master = master }
