package tasklogtest

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/tasklog"
)

// The oracle says what an engine must find. It goes the slow and obvious way, and shares no code with
// the task log's filters.

// record is a seeded task: each column's string, bool or time.Time; nil is NULL.
type record map[tasklog.Column]any

// Where a record has what is no column.
const (
	wholeReport tasklog.Column = "the whole report" // a task.Report
	allText     tasklog.Column = "all its text"     // a string
	duration    tasklog.Column = "how long it took" // a time.Duration
)

func (r record) id() task.ID { return task.ID(r[tasklog.ID].(string)) }

func (r record) time(c tasklog.Column) time.Time {
	t, _ := r[c].(time.Time)
	return t
}

// condition is a condition as a test writes it. The value is a string, bool or time.Time, or a []any of these. A time may also be text.
type condition struct {
	column tasklog.Column
	op     tasklog.Operator
	value  any
}

func (c condition) String() string { return fmt.Sprintf("%s %s %#v", c.column, c.op, c.value) }

func (c condition) holds(r record) bool {
	value := r[c.column]
	if value == nil {
		return false
	}
	switch c.op {
	case "eq":
		return order(value, c.value) == 0
	case "neq":
		return order(value, c.value) != 0
	case "lt":
		return order(value, c.value) < 0
	case "lte":
		return order(value, c.value) <= 0
	case "gt":
		return order(value, c.value) > 0
	case "gte":
		return order(value, c.value) >= 0
	case "like":
		return likeExpression(c.value.(string)).MatchString(lowerASCII(value.(string)))
	case "notLike":
		return !likeExpression(c.value.(string)).MatchString(lowerASCII(value.(string)))
	case "in":
		return isAmong(value, c.value.([]any))
	case "notIn":
		return len(c.value.([]any)) > 0 && !isAmong(value, c.value.([]any))
	}
	panic("no such operator: " + c.op)
}

func isAmong(value any, list []any) bool {
	for _, v := range list {
		if order(value, v) == 0 {
			return true
		}
	}
	return false
}

// order compares two values of one type; NULL comes first.
func order(a, b any) int {
	if a == nil || b == nil {
		return rank(a) - rank(b)
	}
	switch a := a.(type) {
	case string:
		return strings.Compare(a, b.(string))
	case time.Time:
		return int(a.UnixMilli() - instant(b).UnixMilli())
	case bool:
		return rank(a) - rank(b)
	}
	panic(fmt.Sprintf("no order for %T", a))
}

// instant is a time, which may be text with a zone.
func instant(v any) time.Time {
	text, ok := v.(string)
	if !ok {
		return v.(time.Time)
	}
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		panic(err)
	}
	return at
}

func rank(v any) int {
	switch v {
	case nil:
		return 0
	case false:
		return 1
	}
	return 2
}

// likeExpression translates a LIKE pattern into a regular expression on text in lower case.
func likeExpression(pattern string) *regexp.Regexp {
	var b strings.Builder
	b.WriteString(`(?s)\A`)
	runes := []rune(lowerASCII(pattern))
	for i := 0; i < len(runes); i++ {
		switch runes[i] {
		case '%':
			b.WriteString(".*")
		case '_':
			b.WriteString(".")
		case '\\':
			if i+1 < len(runes) {
				i++
			}
			b.WriteString(regexp.QuoteMeta(string(runes[i])))
		default:
			b.WriteString(regexp.QuoteMeta(string(runes[i])))
		}
	}
	b.WriteString(`\z`)
	return regexp.MustCompile(b.String())
}

func lowerASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r - 'A' + 'a'
		}
		return r
	}, s)
}

// question is a whole search.
type question struct {
	conditions []condition
	text       string // full-text search; empty: none
	sortBy     tasklog.Column
	descending bool
	limit      int // negative: none
	offset     int
}

func (q question) String() string {
	return fmt.Sprintf("%v text %q sort by %q descending %t limit %d offset %d", q.conditions, q.text, q.sortBy, q.descending, q.limit, q.offset)
}

// all returns the records that satisfy the question's conditions and have its words.
func (b *bench) all(q question) []record {
	var found []record
	for _, r := range b.records {
		ok := hasWords(r[allText].(string), q.text)
		for _, c := range q.conditions {
			ok = ok && c.holds(r)
		}
		if ok {
			found = append(found, r)
		}
	}
	return found
}

// answer returns the ids that a search must find, in their order.
func (b *bench) answer(q question) []task.ID {
	found := b.all(q)
	slices.SortFunc(found, func(x, y record) int {
		c := order(x[q.sortBy], y[q.sortBy])
		if c == 0 {
			c = strings.Compare(string(x.id()), string(y.id()))
		}
		if q.descending {
			return -c
		}
		return c
	})
	ids := []task.ID{}
	for i, r := range found {
		if i >= q.offset && (q.limit < 0 || len(ids) < q.limit) {
			ids = append(ids, r.id())
		}
	}
	return ids
}
