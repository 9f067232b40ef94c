package tasklog

import (
	"encoding/json"
	"time"
)

// Collection is a list of tasks; its JSON is an array, [] when there are none.
type Collection []Entity

// MarshalJSON writes the entities as an array.
func (c Collection) MarshalJSON() ([]byte, error) {
	if c == nil {
		return []byte("[]"), nil
	}
	return json.Marshal([]Entity(c))
}

// WithClock returns the collection with the clock of each entity set.
func (c Collection) WithClock(now func() time.Time) Collection {
	for i := range c {
		c[i] = c[i].WithClock(now)
	}
	return c
}
