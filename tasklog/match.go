package tasklog

import (
	"cmp"
	"slices"
	"time"
)

// Match reports whether the row satisfies all conditions of the filter.
func (f *Filter) Match(row Row) bool {
	return !slices.ContainsFunc(f.conditions, func(c Condition) bool { return !c.Match(row) }) && f.matchText(row.Text)
}

// Match reports whether the row satisfies the condition.
func (c Condition) Match(row Row) bool { return c.Holds(row.Value(c.Column)) }

// Holds reports whether a value of the column satisfies the condition; NULL never does.
func (c Condition) Holds(value any) bool {
	if value == nil {
		return false
	}
	equal := func(v any) bool { return compare(value, v) == 0 }
	switch c.Operator {
	case Eq:
		return equal(c.Value())
	case Neq:
		return !equal(c.Value())
	case Lt:
		return compare(value, c.Value()) < 0
	case Lte:
		return compare(value, c.Value()) <= 0
	case Gt:
		return compare(value, c.Value()) > 0
	case Gte:
		return compare(value, c.Value()) >= 0
	case Like, NotLike:
		text, _ := value.(string)
		return c.Pattern().Match(text) == (c.Operator == Like)
	case In:
		return slices.ContainsFunc(c.Values, equal)
	case NotIn:
		// NOT IN () is true in SQL; here an empty list is a list of nothing, and matches nothing.
		return len(c.Values) > 0 && !slices.ContainsFunc(c.Values, equal)
	}
	return false
}

// compare orders two values of one kind; NULL, which is nil, comes first.
func compare(a, b any) int {
	switch {
	case a == nil && b == nil:
		return 0
	case a == nil:
		return -1
	case b == nil:
		return 1
	}
	switch a := a.(type) {
	case string:
		b, _ := b.(string)
		return cmp.Compare(a, b)
	case bool:
		b, _ := b.(bool)
		switch {
		case a == b:
			return 0
		case b:
			return -1
		}
		return 1
	case time.Time:
		b, _ := b.(time.Time)
		return a.Compare(b)
	}
	return 0
}
