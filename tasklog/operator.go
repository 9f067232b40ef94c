package tasklog

import (
	"slices"
	"strings"
)

// Operator is how a condition compares a column with its value.
type Operator string

// The operators. A NULL satisfies none of them, not even the negated ones.
const (
	Eq      Operator = "eq"
	Neq     Operator = "neq"
	Lt      Operator = "lt"
	Lte     Operator = "lte"
	Gt      Operator = "gt"
	Gte     Operator = "gte"
	Like    Operator = "like"
	NotLike Operator = "notLike"
	In      Operator = "in"
	NotIn   Operator = "notIn"
)

// operatorInfo is what there is to know of an operator.
type operatorInfo struct {
	name  Operator
	sql   string // its spelling in SQL
	kinds []Kind // of columns that take it
}

// operators is the one table of operators.
var operators = []operatorInfo{
	{Eq, "=", []Kind{KindText, KindBool, KindTime}},
	{Neq, "!=", []Kind{KindText, KindBool, KindTime}},
	{Lt, "<", []Kind{KindText, KindBool, KindTime}},
	{Lte, "<=", []Kind{KindText, KindBool, KindTime}},
	{Gt, ">", []Kind{KindText, KindBool, KindTime}},
	{Gte, ">=", []Kind{KindText, KindBool, KindTime}},
	{Like, "LIKE", []Kind{KindText}},
	{NotLike, "NOT LIKE", []Kind{KindText}},
	{In, "IN", []Kind{KindText, KindBool, KindTime}},
	{NotIn, "NOT IN", []Kind{KindText, KindBool, KindTime}},
}

// Operators returns every operator.
func Operators() []Operator {
	all := make([]Operator, len(operators))
	for i, o := range operators {
		all[i] = o.name
	}
	return all
}

// ParseOperator returns the operator with this name, spelled as in JSON (notLike) or as in SQL (NOT LIKE).
func ParseOperator(name string) (Operator, error) {
	for _, o := range operators {
		if name == string(o.name) || name == o.sql {
			return o.name, nil
		}
	}
	return "", filterErrorf("op", "has the value %q, which is not a valid operator; valid are %v", name, Operators())
}

// SQL returns the operator as SQL spells it.
func (o Operator) SQL() string {
	for _, row := range operators {
		if row.name == o {
			return row.sql
		}
	}
	return ""
}

// List reports whether the operator takes a list of values.
func (o Operator) List() bool { return o == In || o == NotIn }

// Takes reports whether columns of the kind can be compared with the operator.
func (o Operator) Takes(kind Kind) bool {
	for _, row := range operators {
		if row.name == o {
			return slices.Contains(row.kinds, kind)
		}
	}
	return false
}

// operatorsFor returns the operators for the kind, for error messages.
func operatorsFor(kind Kind) string {
	var names []string
	for _, row := range operators {
		if slices.Contains(row.kinds, kind) {
			names = append(names, string(row.name))
		}
	}
	return strings.Join(names, ", ")
}
