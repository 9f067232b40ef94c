package tasklog_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/distributed-task-queue/taskqueue/tasklog"
)

func TestExpressions(t *testing.T) {
	t.Parallel()
	day := time.Date(2026, 1, 31, 0, 0, 0, 0, time.UTC)
	for text, want := range map[string]tasklog.Condition{
		"owner = jane":                    {Column: tasklog.Owner, Operator: tasklog.Eq, Values: []any{"jane"}},
		"  taskLabel\tlike  Monday's %  ": {Column: tasklog.Label, Operator: tasklog.Like, Values: []any{"Monday's %"}},
		"label Not Like x":                {Column: tasklog.Label, Operator: tasklog.NotLike, Values: []any{"x"}},
		"label notLike x":                 {Column: tasklog.Label, Operator: tasklog.NotLike, Values: []any{"x"}},
		"label eq":                        {Column: tasklog.Label, Operator: tasklog.Eq, Values: []any{""}},
		`label eq " \"x\" "`:              {Column: tasklog.Label, Operator: tasklog.Eq, Values: []any{` "x" `}},
		"status in failed, cancelled":     {Column: tasklog.Status, Operator: tasklog.In, Values: []any{"failed", "cancelled"}},
		"status NOT IN failed":            {Column: tasklog.Status, Operator: tasklog.NotIn, Values: []any{"failed"}},
		`label in ["a, b", " c"]`:         {Column: tasklog.Label, Operator: tasklog.In, Values: []any{"a, b", " c"}},
		"label in []":                     {Column: tasklog.Label, Operator: tasklog.In, Values: []any{}},
		"label in":                        {Column: tasklog.Label, Operator: tasklog.In, Values: []any{}},
		"createdAt >= 2026-01-31":         {Column: tasklog.CreatedAt, Operator: tasklog.Gte, Values: []any{day}},
		"created_at < 1769817600":         {Column: tasklog.CreatedAt, Operator: tasklog.Lt, Values: []any{day}},
		"created_at in 1769817600.0":      {Column: tasklog.CreatedAt, Operator: tasklog.In, Values: []any{day}},
		"created_at in [1769817600]":      {Column: tasklog.CreatedAt, Operator: tasklog.In, Values: []any{day}},
		"masterStatus != false":           {Column: tasklog.MasterStatus, Operator: tasklog.Neq, Values: []any{false}},
		"owner eq 7":                      {Column: tasklog.Owner, Operator: tasklog.Eq, Values: []any{"7"}},
	} {
		f := tasklog.NewFilter()
		require.NoError(t, f.AddExpression(text), text)
		require.Equal(t, []tasklog.Condition{want}, f.Conditions(), text)
	}
	for text, want := range map[string]string{
		"":                     "is not a column",
		"colour = red":         `"colour" is not a column`,
		"owner":                "not a valid operator",
		"owner is jane":        `"is", which is not a valid operator`,
		"owner not jane":       "not a valid operator",
		"createdAt like 2026%": "cannot be compared with like",
		"createdAt > soon":     `"soon"`,
		"status = done":        `"done", which is no status`,
		`label = "x`:           "begins like a JSON string",
		`label = "x" y`:        "begins like a JSON string",
		`label in ["x"`:        "begins like a JSON array",
		`label in ["x"] y`:     "begins like a JSON array",
		`label in ["x", 7]`:    "needs text",
		`label in "x", "y"`:    "must be in a JSON array",
	} {
		f := tasklog.NewFilter()
		var wrong *tasklog.FilterError
		require.ErrorAs(t, f.AddExpression(text), &wrong, text)
		require.ErrorContains(t, wrong, want, text)
		require.Empty(t, f.Conditions())
		require.NoError(t, f.Err())
	}
}

// Every column can be compared with every operator that it takes, and the expression says the same as the call.
func TestExpressionsReachEveryColumnAndOperator(t *testing.T) {
	t.Parallel()
	for _, column := range tasklog.Columns() {
		value := map[tasklog.Kind]string{tasklog.KindText: "failed", tasklog.KindBool: "true", tasklog.KindTime: "2026-01-31"}[column.Kind()]
		for _, op := range tasklog.Operators() {
			if !op.Takes(column.Kind()) {
				continue
			}
			f, g := tasklog.NewFilter(), tasklog.NewFilter()
			require.NoError(t, f.AddExpression(fmt.Sprint(column, " ", op, " ", value)))
			var given any = value
			if op.List() {
				given = []string{value}
			}
			require.NoError(t, g.Add(column, op, given))
			require.Equal(t, g.Conditions(), f.Conditions())
		}
	}
}

// What is accepted can be written in its longest form and means the same; what is not is refused with the one kind of error.
func FuzzExpression(f *testing.F) {
	for _, column := range []string{"owner", "createdAt", "master_status", "status", "colour", ""} {
		for _, rest := range []string{"= jane", "not in failed,done", `in ["a", 1, true, null]`, `eq "x\u0000\ud800"`, "> 2026-01-31T08:00:00+02:00", "<= 1e12", "like %_\\", "is"} {
			f.Add(column + " " + rest)
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		filter := tasklog.NewFilter()
		if err := filter.AddExpression(text); err != nil {
			if _, ok := errors.AsType[*tasklog.FilterError](err); !ok || len(filter.Conditions()) != 0 {
				t.Fatalf("%q: %T %v, with %d conditions", text, err, err, len(filter.Conditions()))
			}
			return
		}
		conditions := filter.Conditions()
		if len(conditions) != 1 || filter.Err() != nil {
			t.Fatalf("%q: %d conditions, %v", text, len(conditions), filter.Err())
		}
		c := conditions[0]
		again := tasklog.NewFilter()
		if err := again.AddExpression(written(t, c)); err != nil {
			t.Fatalf("%q: written as %s: %v", text, written(t, c), err)
		}
		require.Equal(t, conditions, again.Conditions())
		filter.Statuses() // every engine asks
	})
}

// written returns the condition as an expression that leaves nothing to guess.
func written(t *testing.T, c tasklog.Condition) string {
	t.Helper()
	var value any = c.Values
	if !c.Operator.List() {
		value = c.Value()
	}
	encoded, err := json.Marshal(value)
	require.NoError(t, err)
	return fmt.Sprint(c.Column, " ", c.Operator, " ", strings.TrimSpace(string(encoded)))
}
