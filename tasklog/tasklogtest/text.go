package tasklogtest

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/tasklog"
)

// testText has the answers of full-text searches written out.
func (b *bench) testText(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		query string
		want  []string
	}{
		{"invoices", []string{"text-label", "text-parameters"}},
		{"INVOICES", []string{"text-label", "text-parameters"}},
		{"invoice", []string{"text-words"}},
		{"invoice*", []string{"text-label", "text-parameters", "text-words"}},
		{"invoic*", []string{"text-label", "text-parameters", "text-words"}},
		{"nvoice*", nil},
		{"*", nil},
		{"invoices quarterly", []string{"text-label"}},
		{"quarterly; invoices!", []string{"text-label"}},
		{"quarter* invoices", []string{"text-label"}},
		{"invoices zeppelin", []string{"text-parameters"}},
		{"quarterly zeppelin", nil},
		{"quarterly quarterly", []string{"text-label"}},
		{"77", []string{"text-label"}},
		{"77-b", []string{"text-label"}},
		{"zoe", []string{"text-label"}},
		{"Zoë Renee", []string{"text-label"}},
		{"zo\u00eb", []string{"text-label"}},
		{"zoe\u0308", []string{"text-label"}},
		{"éclair naive", []string{"text-words"}},
		{"eclair NAÏVE", []string{"text-words"}},
		{"οδος", []string{"text-words"}},
		{"istanbul", []string{"text-words"}},
		{"twice", []string{"text-words"}},
		{"mail", []string{"text-words"}},
		{"muller 4711", []string{"text-parameters"}},
		{"customer", []string{"text-parameters"}},
		{"deeper", []string{"failed-2"}},
		{"42 rows", []string{"completed"}},
		{"rows", []string{"completed", "completed-2"}},
		{"stopped", []string{"terminated"}},
		{"größe", []string{"label-unicode", "label-unicode-lower"}},
		{"grosse", nil},
		{"日本語", []string{"label-unicode", "label-unicode-lower"}},
		{"本", []string{"label-unicode", "label-unicode-lower"}},
		{"本日", []string{"label-unicode", "label-unicode-lower"}}, // words have no order
		{strings.Repeat("x", 64), []string{"parameters-long"}},
		{strings.Repeat("x", 300), []string{"parameters-long"}},
		{strings.Repeat("x", 63), nil},
		{strings.Repeat("x", 63) + "*", []string{"parameters-long"}},
		{"two lines", []string{"label-lines"}},
		{"near", []string{"text-operators"}},
		{"or not", []string{"text-operators"}},
		{"NEAR(a b)", []string{"text-operators"}},
		{"waits OR quarterly", nil},
		{"text01:c*", []string{"text-operators"}},
		{`"invoices" AND`, nil},
		{"nosuchword", nil},
	} {
		t.Run(tt.query, func(t *testing.T) {
			t.Parallel()
			f := b.filter().Text(tt.query)
			if tt.query == "*" {
				var wrong *tasklog.FilterError
				require.ErrorAs(t, f.Err(), &wrong)
				return
			}
			page, err := b.Engine.Search(t.Context(), f.WithTotal())
			require.NoError(t, err)
			require.ElementsMatch(t, tt.want, b.names(idsOf(page.Tasks)))
			require.Equal(t, int64(len(tt.want)), page.Total)
			require.Equal(t, int64(len(tt.want)), b.count(t, f))
		})
	}
	t.Run("with the rest of a filter", func(t *testing.T) {
		t.Parallel()
		require.Equal(t, []string{"text-parameters"}, b.names(b.search(t, b.filter().Text("invoice*").Eq(tasklog.Owner, "dora").SortBy(tasklog.Label).Limit(1))))
		require.Equal(t, []string{"text-words"}, b.names(b.search(t, b.filter().Text("invoice*").Like(tasklog.Label, "%mail%"))))
		require.Equal(t, []string{"text-label"}, b.names(b.search(t, b.filter().Text("invoice*").Text("quarterly"))))
		require.Empty(t, b.search(t, b.filter().Text("invoices").Narrow(task.Failed)))
		stats, err := b.Engine.Stats(t.Context(), b.filter().Text("rows"))
		require.NoError(t, err)
		require.Equal(t, tasklog.Stats{Completed: 2}, stats)
	})
}

// testHostileText asks for texts that would change the meaning of a query. Those without a word are refused.
func (b *bench) testHostileText(t *testing.T) {
	t.Parallel()
	for _, text := range append(hostile, `Text01 : x`, `x" OR "y`, `waits" OR "invoices`, `-waits`, `^waits`, `waits + invoices`, `{Text01 Text02} : waits`, `NOT waits`, `wai?s`, `waits~`, `waits^2`) {
		if strings.ContainsFunc(text, func(r rune) bool { return len(wordsOf(strings.ReplaceAll(string(r), "*", " "))) > 0 }) {
			b.check(t, question{text: text, sortBy: tasklog.ID, limit: -1})
			continue
		}
		_, err := b.Engine.Search(t.Context(), b.filter().Text(text))
		var wrong *tasklog.FilterError
		require.ErrorAs(t, err, &wrong, "%q", text)
	}
}
