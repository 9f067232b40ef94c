package tasklog

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"time"

	"github.com/distributed-task-queue/taskqueue/task"
)

// Page is what a search has found.
type Page struct {
	Tasks Collection
	// Total is how many tasks satisfy the filter, whatever its limit, offset and cursor, if WithTotal has asked for it.
	Total int64
	// Next is the cursor of the page that follows, for Filter.After; empty if this page is the last one, or has no limit.
	Next string
}

// Position is where in the order of a filter's sort a task is.
type Position struct {
	Value any // of the sort column: a string, bool or time.Time; nil is NULL
	ID    task.ID
}

// cursor is a Position together with the sort that it belongs to.
type cursor struct {
	column   Column
	order    Order
	position Position
}

// encodedCursor is a cursor as JSON.
type encodedCursor struct {
	Column Column          `json:"s"`
	Order  Order           `json:"o"`
	Value  json.RawMessage `json:"v"`
	ID     task.ID         `json:"i"`
}

// After wants only what follows the page whose Next is given. The filter must have that page's sort, and no offset; its
// conditions should be the same. Unlike an offset it costs the same however far the page is, and tasks that come and go
// in the meantime neither repeat nor hide others.
func (f *Filter) After(next string) *Filter {
	c, err := parseCursor(next)
	f.keep(err)
	f.after = c
	return f
}

// Position returns where the wanted tasks begin, which is after this position; nil is the beginning.
func (f *Filter) Position() *Position {
	if f.after == nil {
		return nil
	}
	return &f.after.position
}

// WithTotal wants the total number of tasks as well.
func (f *Filter) WithTotal() *Filter {
	f.total = true
	return f
}

// WantsTotal reports whether the total number of tasks is wanted.
func (f *Filter) WantsTotal() bool { return f.total }

// checkCursor reports whether the cursor goes with the rest of the filter.
func (f *Filter) checkCursor() error {
	if f.after == nil {
		return nil
	}
	if column, order := f.Sort(); f.after.column != column || f.after.order != order {
		return filterErrorf("cursor", "belongs to a list sorted by %s %s, not by %s %s", f.after.column, f.after.order, column, order)
	}
	if f.offset != 0 {
		return filterErrorf("cursor", "cannot be combined with an offset")
	}
	return nil
}

// NewPage returns the page with these tasks, for engines: last is the sort column's value of the last one, as Row.Value has it.
func (f *Filter) NewPage(tasks Collection, total int64, last any) Page {
	page := Page{Tasks: tasks, Total: total}
	if f.limit != nil && len(tasks) > 0 && len(tasks) == *f.limit {
		column, order := f.Sort()
		page.Next = cursor{column, order, Position{last, tasks[len(tasks)-1].ID}}.String()
	}
	return page
}

// follows reports whether the row comes after the position in the order of the filter's sort.
func (f *Filter) follows(row Row) bool {
	if f.after == nil {
		return true
	}
	column, order := f.Sort()
	c := cmp.Or(compare(row.Value(column), f.after.position.Value), cmp.Compare(row.ID, f.after.position.ID))
	if order == Descending {
		c = -c
	}
	return c > 0
}

// String returns the cursor as a text that is safe in a URL.
func (c cursor) String() string {
	raw, err := json.Marshal(c.position.Value)
	if err == nil {
		raw, err = json.Marshal(encodedCursor{c.column, c.order, raw, c.position.ID})
	}
	if err != nil {
		panic("task log: a text, number, bool or nil is not JSON: " + err.Error()) // cannot be
	}
	return base64.RawURLEncoding.EncodeToString(raw)
}

// parseCursor reads what String has written. Cursors come back from outside, so nothing in it is trusted.
func parseCursor(text string) (*cursor, error) {
	wrong := filterErrorf("cursor", "has the value %q, which is not one that a page has given", text)
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return nil, wrong
	}
	var e encodedCursor
	if json.Unmarshal(raw, &e) != nil {
		return nil, wrong
	}
	c := &cursor{column: e.Column, order: e.Order, position: Position{ID: e.ID}}
	if _, err := ParseColumn(string(e.Column)); err != nil || e.ID.Validate() != nil || e.Order != Ascending && e.Order != Descending {
		return nil, wrong
	}
	if string(e.Value) == "null" {
		if !e.Column.Nullable() {
			return nil, wrong
		}
		return c, nil
	}
	switch e.Column.Kind() {
	case KindBool:
		c.position.Value, err = decodeAs[bool](e.Value)
	case KindTime:
		var t time.Time
		t, err = decodeAs[time.Time](e.Value)
		c.position.Value = t.UTC()
	case KindText:
		var value string
		if value, err = decodeAs[string](e.Value); err == nil {
			c.position.Value, err = toText(e.Column, value)
		}
	}
	if err != nil {
		return nil, wrong
	}
	return c, nil
}

func decodeAs[T any](raw json.RawMessage) (value T, err error) {
	err = json.Unmarshal(raw, &value)
	return value, err
}
