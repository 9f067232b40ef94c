package tasklog_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/tasklog"
)

// marked writes highlights with what was found in brackets.
func marked(highlights []tasklog.Highlight) []string {
	texts := make([]string, len(highlights))
	for i, h := range highlights {
		for _, piece := range h {
			if piece.Match {
				texts[i] += "[" + piece.Text + "]"
			} else {
				texts[i] += piece.Text
			}
		}
	}
	return texts
}

func TestHighlights(t *testing.T) {
	t.Parallel()
	far := strings.Repeat("é", 70)
	for _, tt := range []struct {
		query, label string
		want         []string
	}{
		{"import", "Import of imports", []string{"[Import] of imports"}},
		{"import*", "Import of imports", []string{"[Import] of [imports]"}},
		{"zoe of", "Zoë's part OF it", []string{"[Zoë]'s part [OF] it"}},
		{"b", "a b", []string{"a [b]"}},
		{"本", "日本語", []string{"日[本]語"}},
		{"x", far + " x " + far, []string{"…" + strings.Repeat("é", 59) + " [x] " + strings.Repeat("é", 59) + "…"}},
		{"x", "x " + far + far + " x", []string{"[x] " + strings.Repeat("é", 59) + "…", "…" + strings.Repeat("é", 59) + " [x]"}},
		{"x", strings.Repeat("x "+far+far+" ", 5), []string{
			"[x] " + strings.Repeat("é", 59) + "…", "…" + strings.Repeat("é", 59) + " [x] " + strings.Repeat("é", 59) + "…",
			"…" + strings.Repeat("é", 59) + " [x] " + strings.Repeat("é", 59) + "…",
		}},
		{"b", "a\xff b \xff", []string{"a\uFFFD [b] \uFFFD"}},
		{"nothing", "Import", nil},
	} {
		found := tasklog.NewFilter().Text(tt.query).Highlights(tasklog.Entity{Label: tt.label})
		if tt.want == nil {
			require.Empty(t, found, "%q", tt.query)
			continue
		}
		require.Equal(t, tt.want, marked(found["taskLabel"]), "%q in %q", tt.query, tt.label)
	}
}

func TestHighlightsAreOfEveryText(t *testing.T) {
	t.Parallel()
	report := task.Info("42 rows").Add(task.Success("rows written").Add(task.Error("row refused"))).Add(task.Info("no more rows")).Add(task.Info("rows, the last"))
	e := tasklog.Entity{ID: "x", Label: "Rows", Report: &report, Parameters: `{"rows":3}`}
	found := tasklog.NewFilter().Text("rows").Highlights(e)
	require.Len(t, found, 3)
	require.Equal(t, []string{"[Rows]"}, marked(found["taskLabel"]))
	require.Equal(t, []string{"42 [rows]", "[rows] written", "no more [rows]"}, marked(found["report"]))
	require.Equal(t, []string{`{"[rows]":3}`}, marked(found["parameters"]))
	require.Nil(t, tasklog.NewFilter().Highlights(e))

	written := func(f *tasklog.Filter) map[string]json.RawMessage {
		view, err := tasklog.Presenter{Decorators: []tasklog.Decorator{tasklog.WithHighlights(f)}}.Entity(t.Context(), e)
		require.NoError(t, err)
		raw, err := json.Marshal(view)
		require.NoError(t, err)
		var keys map[string]json.RawMessage
		require.NoError(t, json.Unmarshal(raw, &keys))
		return keys
	}
	require.JSONEq(t, `{"report":[[{"text":"row","match":true},{"text":" refused"}]]}`, string(written(tasklog.NewFilter().Text("row"))["highlights"]))
	require.NotContains(t, written(tasklog.NewFilter()), "highlights")
	require.NotContains(t, written(tasklog.NewFilter().Text("absent")), "highlights")
}

func TestSearchWords(t *testing.T) {
	t.Parallel()
	f := tasklog.NewFilter().Text("Zoë's inv* * 77-b")
	require.NoError(t, f.Err())
	require.Equal(t, []tasklog.SearchWord{{Text: "zoe"}, {Text: "s"}, {Text: "inv", Prefix: true}, {Text: "77"}, {Text: "b"}}, f.Words())
	require.Empty(t, tasklog.NewFilter().Words())
	clone := f.Clone().Text("more")
	require.Len(t, clone.Words(), 6)
	require.Len(t, f.Words(), 5)
	for _, query := range []string{"", " ", "*", "!?", "\xff", strings.Repeat("a ", 33)} {
		var wrong *tasklog.FilterError
		require.ErrorAs(t, tasklog.NewFilter().Text(query).Err(), &wrong, "%q", query)
	}
	require.True(t, f.Match(tasklog.Row{Text: "inventory 77 s b zoe"}))
	require.False(t, f.Match(tasklog.Row{Text: "inventory 77 b zoe"}))
}
