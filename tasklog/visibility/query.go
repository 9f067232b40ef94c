package visibility

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	enumspb "go.temporal.io/api/enums/v1"

	"github.com/distributed-task-queue/taskqueue/internal/attribute"
	"github.com/distributed-task-queue/taskqueue/tasklog"
)

// maxPushedValues is how long a list may be to become part of a query. Longer ones are looked up here.
const maxPushedValues = 500

// query is a query in the language of Temporal's List API. It finds all that is wanted, and if it is
// exact nothing else.
type query struct {
	terms []string
	exact bool
	folds bool // the store takes texts for equal that only look alike
}

func (q query) String() string { return strings.Join(q.terms, " AND ") }

func (q *query) and(term string) { q.terms = append(q.terms, term) }

// with returns the query with one more term.
func (q query) with(term string) query {
	q.terms = append(slices.Clone(q.terms), term)
	return q
}

// compile makes of a filter the narrowest query that the List API takes.
//
// It can compare the search attributes for equality and in time. Its LIKE is only a STARTS_WITH, whose
// treatment of case depends on the server's database, as does its order of texts; so patterns and the
// order of texts are left to the caller.
//
// Where the store folds texts, what is equal is only among what the API finds, and what it leaves out may be wanted. The statuses, and the
// type of the workflows, are written by this program alone, in one spelling.
func compile(f *tasklog.Filter, folds bool) query {
	q := query{exact: true, folds: folds}
	q.and("WorkflowType = " + quote(tasklog.WorkflowType))
	q.and(statusTerm(tasklog.NewStatusCondition(f.Statuses())))
	for _, c := range f.Conditions() {
		if c.Column == tasklog.Status {
			continue // in the term above
		}
		term, exact := conditionTerm(c, folds)
		if term != "" {
			q.and(term)
		}
		q.exact = q.exact && exact
	}
	for _, w := range f.Words() {
		if !isCommonWord(w) {
			q.exact = false
			continue
		}
		q.and(attribute.Text.GetName() + " = " + quote(w.Text))
	}
	return q
}

const (
	// MySQL indexes no shorter words.
	minCommonLength = 3
	digitsOfWords   = "0123456789abcdefghijklmnopqrstuvwxyz"
)

// notInMySQL are the other words that MySQL does not index.
var notInMySQL = []string{"about", "are", "com", "for", "from", "how", "that", "the", "this", "und", "was", "what", "when", "where", "who", "will", "with", "www"}

// isCommonWord reports whether every store finds the word: they differ in how they cut other scripts into words. A prefix
// none of them can look for.
func isCommonWord(w tasklog.SearchWord) bool {
	return !w.Prefix && len(w.Text) >= minCommonLength && strings.Trim(w.Text, digitsOfWords) == "" && !slices.Contains(notInMySQL, w.Text)
}

// statusTerm finds the tasks of a set of effective statuses.
func statusTerm(c tasklog.StatusCondition) string {
	decided := "ExecutionStatus NOT IN " + executionList(c.Decided)
	if c.Full() {
		return "ExecutionStatus != " + quote(enumspb.WORKFLOW_EXECUTION_STATUS_CONTINUED_AS_NEW.String())
	}
	column := tasklog.Status.Attribute()
	var either []string
	if len(c.Executions) > 0 {
		either = append(either, "ExecutionStatus IN "+executionList(c.Executions))
	}
	values := make([]any, len(c.Attributes))
	for i, s := range c.Attributes {
		values[i] = string(s)
	}
	var attribute []string
	switch {
	case c.Except && len(values) > 0:
		attribute = append(attribute, fmt.Sprintf("(%s NOT IN %s AND %s IS NOT NULL)", column, list(values), column))
	case c.Except:
		attribute = append(attribute, column+" IS NOT NULL")
	case len(values) > 0:
		attribute = append(attribute, fmt.Sprintf("%s IN %s", column, list(values)))
	}
	if c.HoldsUnset() {
		attribute = append(attribute, column+" IS NULL")
	}
	if len(attribute) > 0 {
		either = append(either, fmt.Sprintf("(%s AND %s)", decided, anyOf(attribute)))
	}
	return anyOf(either)
}

// conditionTerm returns the term of a condition, empty if there is none, and whether the term says all
// that the condition does.
func conditionTerm(c tasklog.Condition, folds bool) (term string, exact bool) {
	switch c.Operator {
	case tasklog.Like, tasklog.NotLike:
		return "", false
	}
	switch c.Column.Kind() {
	case tasklog.KindTime:
		return timeTerm(c)
	case tasklog.KindBool:
		term, exact = equalityTerm(c.Column.Attribute(), c.Operator, c.Values), true
	default:
		if folds && c.Operator != tasklog.Eq && c.Operator != tasklog.In {
			return "", false
		}
		term, exact = textTerm(c)
		exact = exact && !folds
	}
	if term == "" {
		return "", exact
	}
	return withUnset(c, term), exact
}

// withUnset adds to a term what it means for tasks whose attribute is not set; stores differ in whether
// a comparison with != finds them.
func withUnset(c tasklog.Condition, term string) string {
	column := c.Column.Attribute()
	missing := c.Column.Missing()
	switch {
	case c.Column == tasklog.ID || c.Column == tasklog.Queue:
		return term // always set
	case c.Column.Nullable():
		if c.Operator == tasklog.Neq || c.Operator == tasklog.NotIn {
			// Empty is NULL as well.
			return fmt.Sprintf("(%s AND %s IS NOT NULL AND %s != '')", term, column, column)
		}
		return term
	case c.Holds(missing):
		return fmt.Sprintf("(%s OR %s IS NULL)", term, column)
	case c.Operator == tasklog.Neq || c.Operator == tasklog.NotIn:
		return fmt.Sprintf("(%s AND %s IS NOT NULL)", term, column)
	}
	return term
}

func textTerm(c tasklog.Condition) (term string, exact bool) {
	column := c.Column.Attribute()
	if c.Column.Nullable() && slices.Contains(c.Values, any("")) {
		// Empty is NULL, which a store may or may not agree with.
		return "", false
	}
	plain := slices.DeleteFunc(slices.Clone(c.Values), func(v any) bool { return !isPlain(v.(string)) })
	exact = len(plain) == len(c.Values)
	switch c.Operator {
	case tasklog.Eq:
		if !exact {
			return prefixTerm(column, c.Value().(string)), false
		}
	case tasklog.In:
		// All values are needed, or tasks would be missed.
		if !exact || len(plain) > maxPushedValues {
			return "", false
		}
	case tasklog.Neq, tasklog.NotIn:
		if len(plain) == 0 || len(plain) > maxPushedValues {
			return "", false
		}
	default:
		return "", false
	}
	return equalityTerm(column, c.Operator, plain), exact
}

func equalityTerm(column string, op tasklog.Operator, values []any) string {
	switch op {
	case tasklog.Eq:
		return fmt.Sprintf("%s = %s", column, literal(values[0]))
	case tasklog.In:
		return fmt.Sprintf("%s IN %s", column, list(values))
	default:
		return fmt.Sprintf("%s NOT IN %s", column, list(values))
	}
}

// prefixTerm finds, and more than that, the texts with the plain beginning of the value.
func prefixTerm(column, value string) string {
	end := strings.IndexFunc(value, func(r rune) bool { return !isPlainRune(r) })
	if end <= 0 {
		return ""
	}
	return fmt.Sprintf("%s STARTS_WITH %s", column, quote(value[:end]))
}

// Times in the index may be finer than the log's millisecond, and some stores compare them as texts that
// leave out zeros at the end of the fraction. A bound that lies between two milliseconds, and has a
// fraction without such zeros, is right in all of them: it is this much before the millisecond.
const beforeMillisecond = time.Microsecond

// The years that every store can hold.
var (
	earliestTime = time.Date(1970, 1, 2, 0, 0, 0, 0, time.UTC)
	latestTime   = time.Date(2262, 1, 1, 0, 0, 0, 0, time.UTC)
)

func timeTerm(c tasklog.Condition) (term string, exact bool) {
	column := c.Column.Attribute()
	from := func(t time.Time) string { return fmt.Sprintf("%s > %s", column, timeLiteral(t)) }
	before := func(t time.Time) string { return fmt.Sprintf("%s <= %s", column, timeLiteral(t)) }
	next := func(t time.Time) time.Time { return t.Add(time.Millisecond) }
	var equal, different []string
	for _, v := range c.Values {
		t := v.(time.Time)
		if t.Before(earliestTime) || t.After(latestTime) {
			return "", false
		}
		equal = append(equal, fmt.Sprintf("(%s AND %s)", from(t), before(next(t))))
		different = append(different, fmt.Sprintf("(%s OR %s)", before(t), from(next(t))))
	}
	if len(equal) > maxPushedValues {
		return "", false
	}
	switch c.Operator {
	case tasklog.Eq, tasklog.In:
		return anyOf(equal), true
	case tasklog.Neq, tasklog.NotIn:
		return strings.Join(different, " AND "), true
	}
	switch t := c.Value().(time.Time); c.Operator {
	case tasklog.Lt:
		return before(t), true
	case tasklog.Lte:
		return before(next(t)), true
	case tasklog.Gt:
		return from(next(t)), true
	default: // Gte
		return from(t), true
	}
}

// timeLiteral is the bound before the millisecond t.
func timeLiteral(t time.Time) string {
	return quote(t.Add(-beforeMillisecond).UTC().Format(time.RFC3339Nano))
}

func anyOf(terms []string) string {
	if len(terms) == 1 {
		return terms[0]
	}
	return "(" + strings.Join(terms, " OR ") + ")"
}

func list(values []any) string {
	literals := make([]string, len(values))
	for i, v := range values {
		literals[i] = literal(v)
	}
	return "(" + strings.Join(literals, ", ") + ")"
}

func executionList(statuses []enumspb.WorkflowExecutionStatus) string {
	names := make([]any, len(statuses))
	for i, s := range statuses {
		names[i] = s.String()
	}
	return list(names)
}

func literal(value any) string {
	if b, ok := value.(bool); ok {
		return strconv.FormatBool(b)
	}
	return quote(value.(string))
}

// quote makes a literal of a plain text. Others cannot be quoted: the server strips apostrophes from
// both ends of a value, and escapes apostrophes, quotation marks, backslashes and control characters for
// MySQL whatever its database is, so that values with them would not be found; and its PostgreSQL driver
// takes a question mark for a parameter.
func quote(plain string) string {
	if !isPlain(plain) {
		panic(fmt.Sprintf("visibility: %q must not be part of a query", plain))
	}
	return "'" + plain + "'"
}

func isPlain(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return !isPlainRune(r) })
}

func isPlainRune(r rune) bool {
	return !strings.ContainsRune("'\"\\?`", r) && !unicode.IsControl(r)
}
