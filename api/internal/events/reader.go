package events

import "sync"

// Reader is told of a topic's updates. What it has not taken is merged into one update, so that it never holds up anybody, however slow it is.
type Reader[U Update[U]] struct {
	wake  chan struct{}
	leave func()

	mu      sync.Mutex
	pending U
	some    bool // pending is
	err     error
}

// Wake receives when there may be something to take.
func (r *Reader[U]) Wake() <-chan struct{} { return r.wake }

// Take returns what there is to tell; ok is false if that is nothing. The error is that of a topic which could not be polled at all, or whose
// task is not there any more; nothing comes after it.
func (r *Reader[U]) Take() (update U, ok bool, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	update, ok, err = r.pending, r.some, r.err
	var none U
	r.pending, r.some = none, false
	return update, ok, err
}

// Close ends the reading. It may be called more than once.
func (r *Reader[U]) Close() { r.leave() }

func (r *Reader[U]) put(update U) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.some {
		update = update.After(r.pending)
	}
	r.pending, r.some = update, true
	r.signal()
}

func (r *Reader[U]) fail(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.err = err
	r.signal()
}

func (r *Reader[U]) signal() {
	select {
	case r.wake <- struct{}{}:
	default: // it will look anyway
	}
}
