package sqlite

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	enumspb "go.temporal.io/api/enums/v1"

	"github.com/distributed-task-queue/taskqueue/internal/attribute"
	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/tasklog"
)

const (
	// timeFormat is how the table's generated columns hold times: as texts that sort like them.
	timeFormat = "2006-01-02 15:04:05.000+00:00"
	// serverTimeFormat is how the server itself writes times, without zeros at the end of the fraction.
	serverTimeFormat = "2006-01-02 15:04:05+00:00"
	// notClosed stands for the close time of a run that is not closed, in the expression that the
	// table's indexes are on.
	notClosed = "9999-12-31 23:59:59+00:00"
)

// statement is SQL with its arguments, in the order of its question marks.
type statement struct {
	text strings.Builder
	args []any
}

func (s *statement) add(text string, args ...any) {
	s.text.WriteString(text)
	s.args = append(s.args, args...)
}

// where adds the condition that finds the tasks of the filter among the rows e of executions_visibility. SQLite asks for its parts one
// after the other, and every attribute costs it a look into the row's JSON, so those come first that leave few rows to the others.
func (s *statement) where(schema schema, f *tasklog.Filter, now time.Time) {
	s.add("e.namespace_id = ? AND e.workflow_type_name = ?", schema.namespaceID, tasklog.WorkflowType)
	var equal, other []tasklog.Condition
	for _, c := range f.Conditions() {
		switch {
		case c.Column == tasklog.Status: // all of these are in one condition
		case equalsOnlySet(c):
			equal = append(equal, c)
		default:
			other = append(other, c)
		}
	}
	s.conditions(schema, equal)
	s.add(" AND ")
	s.status(schema, tasklog.NewStatusCondition(f.Statuses()))
	s.conditions(schema, other)
	s.words(schema, f.Words())
	s.notSuperseded(schema, now)
}

// words adds the condition of a full-text search.
func (s *statement) words(schema schema, words []tasklog.SearchWord) {
	if len(words) == 0 {
		return
	}
	terms := make([]string, len(words))
	for i, w := range words {
		// Words consist of letters and digits, so nothing in them ends the quotation.
		terms[i] = `"` + w.Text + `"`
		if w.Prefix {
			terms[i] += "*"
		}
	}
	s.add(" AND e.rowid IN (SELECT rowid FROM executions_visibility_fts_text WHERE executions_visibility_fts_text MATCH ?)",
		fmt.Sprintf("%s : (%s)", schema.fields[attribute.Text.GetName()], strings.Join(terms, " AND ")))
}

// status adds the condition for a set of effective statuses.
func (s *statement) status(schema schema, c tasklog.StatusCondition) {
	if c.Full() {
		s.add("e.status <> " + executions(enumspb.WORKFLOW_EXECUTION_STATUS_CONTINUED_AS_NEW))
		return
	}
	operator := "IN"
	if c.Except {
		operator = "NOT IN"
	}
	s.add(fmt.Sprintf("(e.status IN %s OR e.status NOT IN %s AND %s %s %s)",
		executions(c.Executions...), executions(c.Decided...), value(schema, tasklog.Status), operator, statuses(c.Attributes)))
}

func (s *statement) conditions(schema schema, conditions []tasklog.Condition) {
	for _, c := range conditions {
		s.add(" AND ")
		s.condition(schema, c)
	}
}

// condition adds one condition on another column than the status.
func (s *statement) condition(schema schema, c tasklog.Condition) {
	column := value(schema, c.Column)
	if equalsOnlySet(c) {
		// Here the bare column says the same, and an index on it can serve.
		column = schema.column(c.Column)
	}
	switch c.Operator {
	case tasklog.Like, tasklog.NotLike:
		s.add(fmt.Sprintf(`%s %s ? ESCAPE '\'`, column, c.Operator.SQL()), c.Pattern().Render("%", "_", escapeLike))
	case tasklog.In, tasklog.NotIn:
		// One parameter for any number of values: SQLite bounds the number of parameters.
		s.add(fmt.Sprintf("%s %s (SELECT value FROM json_each(?))", column, c.Operator.SQL()), jsonArray(c.Values))
	default:
		s.add(fmt.Sprintf("%s %s ?", column, c.Operator.SQL()), argument(c.Value()))
	}
}

// equalsOnlySet reports whether the condition compares for equality with values that a column has only
// if its attribute is set.
func equalsOnlySet(c tasklog.Condition) bool {
	switch c.Operator {
	case tasklog.Eq, tasklog.In:
		return !slices.Contains(c.Values, c.Column.Missing()) && !slices.Contains(c.Values, any(""))
	}
	return false
}

// notSuperseded leaves out the runs that an archive run replaces which is open, or was closed lately. The embedded server's table has an
// index of just these.
func (s *statement) notSuperseded(schema schema, now time.Time) {
	field := schema.fields[attribute.Supersedes.GetName()]
	since := now.Add(-tasklog.SupersededFor).UTC().Format(serverTimeFormat)
	s.add(fmt.Sprintf(` AND e.run_id NOT IN (SELECT a.%s FROM executions_visibility AS a
		WHERE a.namespace_id = ? AND COALESCE(a.close_time, '%s') > ? AND a.%s IS NOT NULL)`,
		field, notClosed, field),
		schema.namespaceID, since)
}

// after adds the condition that finds what follows the filter's position.
func (s *statement) after(schema schema, f *tasklog.Filter) {
	position := f.Position()
	if position == nil {
		return
	}
	column, order := f.Sort()
	key, id := key(schema, column), string(position.ID)
	beyond := ">"
	if order == tasklog.Descending {
		beyond = "<"
	}
	if position.Value == nil { // NULL, which is less than everything else
		s.add(fmt.Sprintf(" AND (%s IS NULL AND e.workflow_id %s ?", key, beyond), id)
		if order == tasklog.Ascending {
			s.add(fmt.Sprintf(" OR %s IS NOT NULL", key))
		}
		s.add(")")
		return
	}
	// As rows, so that the key, which may be a JSON field, is evaluated once. A row with NULL is neither.
	if order == tasklog.Descending {
		s.add(fmt.Sprintf(" AND ((%s, e.workflow_id) >= (?, ?)) IS NOT TRUE", key), argument(position.Value), id)
		return
	}
	s.add(fmt.Sprintf(" AND (%s, e.workflow_id) > (?, ?)", key), argument(position.Value), id)
}

// order adds an ORDER BY that leaves no two tasks equal.
func (s *statement) order(schema schema, f *tasklog.Filter) {
	column, order := f.Sort()
	key := key(schema, column)
	if column == tasklog.ID {
		s.add(fmt.Sprintf(" ORDER BY %s %s", key, order))
		return
	}
	s.add(fmt.Sprintf(" ORDER BY %s %s, e.workflow_id %s", key, order, order))
}

// page adds the limit and the offset.
func (s *statement) page(f *tasklog.Filter) {
	limit, limited, offset := f.Page()
	if !limited {
		limit = -1 // SQLite's way to say so
	}
	s.add(" LIMIT ? OFFSET ?", limit, offset)
}

// value is the expression for what a column of the log holds, NULL or the value for a missing attribute
// included.
func value(schema schema, c tasklog.Column) string {
	column := schema.column(c)
	switch missing := c.Missing().(type) {
	case string:
		if _, own := systemFields[c.Attribute()]; own {
			return column
		}
		return fmt.Sprintf("COALESCE(%s, '%s')", column, missing)
	case bool:
		return fmt.Sprintf("COALESCE(%s, %t)", column, missing)
	}
	if c.Kind() == tasklog.KindText {
		return fmt.Sprintf("NULLIF(%s, '')", column)
	}
	return column
}

// key is the expression that tasks are sorted and grouped by.
func key(schema schema, c tasklog.Column) string {
	if c == tasklog.Status {
		return effectiveStatus(schema)
	}
	return value(schema, c)
}

// effectiveStatus is the expression for the status that tasks are sorted and grouped by.
func effectiveStatus(schema schema) string {
	var b strings.Builder
	b.WriteString("CASE")
	for _, s := range task.Statuses() {
		if c := tasklog.NewStatusCondition([]task.Status{s}); len(c.Executions) > 0 {
			fmt.Fprintf(&b, " WHEN e.status IN %s THEN '%s'", executions(c.Executions...), s)
		}
	}
	attribute := value(schema, tasklog.Status)
	fmt.Fprintf(&b, " WHEN %s IN %s THEN %s ELSE '%s' END", attribute, statuses(task.Statuses()), attribute, task.Unknown)
	return b.String()
}

func executions(list ...enumspb.WorkflowExecutionStatus) string {
	numbers := make([]string, len(list))
	for i, s := range list {
		numbers[i] = strconv.Itoa(int(s))
	}
	return "(" + strings.Join(numbers, ", ") + ")"
}

func statuses(list []task.Status) string {
	names := make([]string, len(list))
	for i, s := range list {
		names[i] = "'" + string(s) + "'"
	}
	return "(" + strings.Join(names, ", ") + ")"
}

// argument returns a value of a condition as the table holds it.
func argument(value any) any {
	switch v := value.(type) {
	case time.Time:
		return v.UTC().Format(timeFormat)
	case bool:
		if v {
			return 1
		}
		return 0
	}
	return value
}

func jsonArray(values []any) string {
	arguments := make([]any, len(values))
	for i, v := range values {
		arguments[i] = argument(v)
	}
	encoded, err := json.Marshal(arguments)
	if err != nil {
		panic(fmt.Sprintf("sqlite: texts and numbers are not JSON: %v", err)) // cannot be
	}
	return string(encoded)
}

var likeEscaper = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

func escapeLike(literal string) string { return likeEscaper.Replace(literal) }
