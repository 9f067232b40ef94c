package tasklog

import (
	"slices"
	"strings"

	"github.com/distributed-task-queue/taskqueue/task"
)

// Order is the direction of a sort.
type Order string

// The orders. NULL comes before everything else in ascending order.
const (
	Ascending  Order = "ASC"
	Descending Order = "DESC"
)

// ParseOrder returns the order with this name in any case: "asc" or "desc".
func ParseOrder(name string) (Order, error) {
	switch order := Order(strings.ToUpper(name)); order {
	case Ascending, Descending:
		return order, nil
	}
	return "", filterErrorf("sortOrder", "has the value %q; valid are asc and desc", name)
}

// Filter says which tasks are wanted, in which order, and which columns of them. All its conditions
// must hold. Its methods change it and return it, so that calls can be chained; the first wrong input
// is kept, is returned by Err, and makes every search with the filter fail.
//
// A filter may be used by several searches at the same time, but not while it is being changed.
type Filter struct {
	conditions []Condition
	ignored    []string
	deselected []Column
	limit      *int
	offset     int
	sortBy     Column
	sortOrder  Order
	words      []SearchWord
	after      *cursor
	total      bool
	err        error
}

// NewFilter returns a filter that every task satisfies.
func NewFilter() *Filter { return &Filter{} }

// Clone returns a copy that can be changed on its own.
func (f *Filter) Clone() *Filter {
	c := *f
	c.conditions = slices.Clone(f.conditions)
	c.ignored = slices.Clone(f.ignored)
	c.deselected = slices.Clone(f.deselected)
	c.words = slices.Clone(f.words)
	return &c
}

// Err returns the first error of the filter's construction, a *FilterError.
func (f *Filter) Err() error {
	if f.err != nil {
		return f.err
	}
	return f.checkCursor()
}

// Add adds a condition. The column and the operator may be spelled as ParseColumn and ParseOperator
// accept them. The value must suit the column:
//   - text: a string; the status must be one of task.Statuses() unless it is a pattern or an order
//   - master_status: a bool, "true", "false", 0 or 1
//   - times: a time.Time, "2006-01-02T15:04:05Z07:00", "2006-01-02 15:04:05" or "2006-01-02" in UTC, or seconds since 1970
//   - for In and NotIn a slice of these; an empty one matches nothing
//
// A wrong input is returned as a *FilterError, and the filter stays as it was.
func (f *Filter) Add(column Column, op Operator, value any) error {
	c, err := newCondition(column, op, value)
	if err != nil {
		return err
	}
	f.conditions = append(f.conditions, c)
	return nil
}

func (f *Filter) add(column Column, op Operator, value any) *Filter {
	f.keep(f.Add(column, op, value))
	return f
}

func (f *Filter) keep(err error) {
	if f.err == nil {
		f.err = err
	}
}

// Eq wants the column to equal the value.
func (f *Filter) Eq(column Column, value any) *Filter { return f.add(column, Eq, value) }

// Neq wants the column to differ from the value.
func (f *Filter) Neq(column Column, value any) *Filter { return f.add(column, Neq, value) }

// Lt wants the column to be less than the value: earlier, or before it in the order of its bytes.
func (f *Filter) Lt(column Column, value any) *Filter { return f.add(column, Lt, value) }

// Lte wants the column to be at most the value.
func (f *Filter) Lte(column Column, value any) *Filter { return f.add(column, Lte, value) }

// Gt wants the column to be greater than the value.
func (f *Filter) Gt(column Column, value any) *Filter { return f.add(column, Gt, value) }

// Gte wants the column to be at least the value.
func (f *Filter) Gte(column Column, value any) *Filter { return f.add(column, Gte, value) }

// Like wants the column to match the pattern; see Pattern.
func (f *Filter) Like(column Column, pattern any) *Filter { return f.add(column, Like, pattern) }

// NotLike wants the column not to match the pattern; see Pattern.
func (f *Filter) NotLike(column Column, pattern any) *Filter { return f.add(column, NotLike, pattern) }

// In wants the column to equal one of the values of a slice.
func (f *Filter) In(column Column, values any) *Filter { return f.add(column, In, values) }

// NotIn wants the column to differ from every value of a slice.
func (f *Filter) NotIn(column Column, values any) *Filter { return f.add(column, NotIn, values) }

// Limit wants at most n tasks; a negative n is 0, which is no task. By default there is no limit.
func (f *Filter) Limit(n int) *Filter {
	n = max(n, 0)
	f.limit = &n
	return f
}

// Offset leaves out the first n tasks; a negative n is 0.
func (f *Filter) Offset(n int) *Filter {
	f.offset = max(n, 0)
	return f
}

// SortBy sorts by the column, ascending unless SortOrder says otherwise.
func (f *Filter) SortBy(column Column) *Filter {
	column, err := ParseColumn(string(column))
	f.keep(err)
	f.sortBy = column
	return f
}

// SortOrder sets the direction of SortBy; without SortBy it changes nothing.
func (f *Filter) SortOrder(order Order) *Filter {
	order, err := ParseOrder(string(order))
	f.keep(err)
	f.sortOrder = order
	return f
}

// Deselect leaves the column out of the result; it can still be filtered and sorted by. Only an
// optional column can be left out.
func (f *Filter) Deselect(column Column) error {
	parsed, err := ParseColumn(string(column))
	if err != nil || !parsed.Optional() {
		var optional []Column
		for _, c := range Columns() {
			if c.Optional() {
				optional = append(optional, c)
			}
		}
		return filterErrorf(string(column), "is not valid column or not unselectable; these can be left out: %v", optional)
	}
	if !slices.Contains(f.deselected, parsed) {
		f.deselected = append(f.deselected, parsed)
	}
	return nil
}

// Conditions returns the conditions in the order in which they were added.
func (f *Filter) Conditions() []Condition { return slices.Clone(f.conditions) }

// Columns returns the selected columns, in the order of the function Columns.
func (f *Filter) Columns() []Column {
	return slices.DeleteFunc(Columns(), func(c Column) bool { return slices.Contains(f.deselected, c) })
}

// Page returns how many tasks are wanted, and how many are left out before them; limited is false when
// there is no limit.
func (f *Filter) Page() (limit int, limited bool, offset int) {
	if f.limit == nil {
		return 0, false, f.offset
	}
	return *f.limit, true, f.offset
}

// Sort returns the sort: created_at, newest first, unless SortBy was called. Tasks that are equal in it
// are sorted by id, in the same direction.
func (f *Filter) Sort() (Column, Order) {
	switch {
	case f.sortBy == "":
		return CreatedAt, Descending
	case f.sortOrder == "":
		return f.sortBy, Ascending
	}
	return f.sortBy, f.sortOrder
}

// Statuses returns the effective statuses that satisfy all conditions on the status. As there is a
// fixed number of statuses, every such condition comes down to a set; engines need only know how to
// find tasks of a set.
func (f *Filter) Statuses() []task.Status {
	return slices.DeleteFunc(effectiveStatuses(), func(s task.Status) bool {
		for _, c := range f.conditions {
			if c.Column == Status && !c.Holds(string(s)) {
				return true
			}
		}
		return false
	})
}

// OtherStatuses returns the effective statuses that do not satisfy all conditions on the status.
func (f *Filter) OtherStatuses() []task.Status {
	wanted := f.Statuses()
	return slices.DeleteFunc(effectiveStatuses(), func(s task.Status) bool { return slices.Contains(wanted, s) })
}

// Narrow returns a copy of the filter that wants one of these statuses as well.
func (f *Filter) Narrow(statuses ...task.Status) *Filter {
	values := make([]any, len(statuses))
	for i, s := range statuses {
		values[i] = string(s)
	}
	c := f.Clone()
	// Not by Add: task.Unknown is a status that only a damaged record has, and cannot be asked for.
	c.conditions = append(c.conditions, Condition{Column: Status, Operator: In, Values: values})
	return c
}

// Section returns a copy of the filter that wants only the tasks of one status, sorted by id: together, in the order of the
// statuses, they are what a filter sorted by status wants.
func (f *Filter) Section(status task.Status, order Order) *Filter {
	c := f.Narrow(status).SortBy(ID).SortOrder(order)
	c.total = false
	if c.after != nil && c.after.position.Value != string(status) {
		c.after = nil
	}
	if c.after != nil {
		id := c.after.position.ID
		c.after = &cursor{ID, order, Position{string(id), id}}
	}
	return c
}

// MatchesNothing reports whether no task can satisfy the filter: some list is empty, or no status
// satisfies all conditions on it. Engines then need not ask.
func (f *Filter) MatchesNothing() bool {
	emptyList := slices.ContainsFunc(f.conditions, func(c Condition) bool { return c.Operator.List() && len(c.Values) == 0 })
	return emptyList || len(f.Statuses()) == 0
}
