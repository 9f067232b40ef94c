package tasklog

import (
	"reflect"
	"slices"

	"github.com/distributed-task-queue/taskqueue/task"
)

// maxListLength bounds the list of an in or notIn, so that a request cannot make a statement of any size.
const maxListLength = 10_000

// Condition is one comparison of a filter. It has been checked: the column exists, takes the operator,
// and the values are of the column's kind.
type Condition struct {
	Column   Column
	Operator Operator
	// Values are what the column is compared with, by its kind: string, bool, or time.Time in UTC and
	// whole milliseconds. In and NotIn have any number of them, every other operator has one.
	Values []any
}

// Value returns the one value of an operator that takes no list.
func (c Condition) Value() any { return c.Values[0] }

// Pattern returns the parsed pattern of a Like or NotLike.
func (c Condition) Pattern() Pattern {
	text, _ := c.Values[0].(string)
	return ParsePattern(text)
}

// newCondition checks the input and brings the values into their one form.
func newCondition(column Column, op Operator, value any) (Condition, error) {
	column, err := ParseColumn(string(column))
	if err != nil {
		return Condition{}, err
	}
	if op, err = ParseOperator(string(op)); err != nil {
		return Condition{}, err
	}
	kind := column.Kind()
	if !op.Takes(kind) {
		hint := ""
		if kind == KindTime {
			hint = `; January is gte "2026-01-01" and lt "2026-02-01"`
		}
		return Condition{}, filterErrorf(string(column), "cannot be compared with %s; it takes %s%s", op, operatorsFor(kind), hint)
	}
	c := Condition{Column: column, Operator: op}
	if !op.List() {
		v, err := c.convert(value)
		if err != nil {
			return Condition{}, err
		}
		c.Values = []any{v}
		return c.withoutOrder(), nil
	}

	list := reflect.ValueOf(value)
	if k := list.Kind(); k != reflect.Slice && k != reflect.Array {
		return Condition{}, filterErrorf(string(column), "needs a list of values for %s, not %T", op, value)
	}
	if list.Len() > maxListLength {
		return Condition{}, filterErrorf(string(column), "has a list of %d values; at most %d are allowed", list.Len(), maxListLength)
	}
	c.Values = make([]any, 0, list.Len())
	for i := range list.Len() {
		v, err := c.convert(list.Index(i).Interface())
		if err != nil {
			return Condition{}, err
		}
		c.Values = append(c.Values, v)
	}
	return c, nil
}

// withoutOrder returns the condition with an order of false and true as the set of values that it means, so that no engine needs to know one.
func (c Condition) withoutOrder() Condition {
	if c.Column.Kind() != KindBool || c.Operator == Eq || c.Operator == Neq {
		return c
	}
	values := slices.DeleteFunc([]any{false, true}, func(v any) bool { return !c.Holds(v) })
	return Condition{Column: c.Column, Operator: In, Values: values}
}

func (c Condition) convert(value any) (any, error) {
	switch c.Column.Kind() {
	case KindBool:
		return toBool(c.Column, value)
	case KindTime:
		return toTime(c.Column, value)
	default:
		text, err := toText(c.Column, value)
		if err != nil {
			return nil, err
		}
		return text, c.checkStatus(text)
	}
}

// checkStatus refuses a status that no task can have where it can only be a mistake. In a pattern or
// an order it may be anything.
func (c Condition) checkStatus(text string) error {
	if c.Column != Status {
		return nil
	}
	switch c.Operator {
	case Eq, Neq, In, NotIn:
		if _, err := task.ParseStatus(text); err != nil {
			return filterErrorf(string(Status), "is compared with %q, which is no status; valid are %v", text, task.Statuses())
		}
	}
	return nil
}
