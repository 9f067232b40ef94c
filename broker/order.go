package broker

import (
	"fmt"
	"slices"
)

// Order says which tasks of a queue are handed over one after another, in the order in which they were enqueued: each only when Temporal has
// the one before. All others are handed over at the same time.
type Order string

// The orders.
const (
	Unordered Order = ""      // no task waits for another
	ByQueue   Order = "queue" // all tasks of the queue
	ByOwner   Order = "owner" // the tasks of each owner; those without an owner count as one owner's
)

// Orders returns all orders that are one.
func Orders() []Order { return []Order{ByQueue, ByOwner} }

// ParseOrder returns the order of this name; the empty one is Unordered.
func ParseOrder(name string) (Order, error) {
	if o := Order(name); o == Unordered || slices.Contains(Orders(), o) {
		return o, nil
	}
	return Unordered, fmt.Errorf("there is no order %q; orders are %v, or none", name, Orders())
}
