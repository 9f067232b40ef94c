package fulltext_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/distributed-task-queue/taskqueue/internal/fulltext"
)

func TestWords(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"":                                  nil,
		" \t,.;{}[]\"'":                     nil,
		"Import the Import":                 {"import", "the"},
		"csv.import foo_bar it's 3.14":      {"csv", "import", "foo", "bar", "it", "s", "3", "14"},
		"Größe GROSSE café CAFÉ cafe\u0301": {"große", "grosse", "cafe"},
		"ﬁle ½ x²":                          {"file", "12", "x2"},
		"日本語 ひら カタカナ 한국어":            {"日", "本", "語", "ひ", "ら", "カタカナ", "한국어"},
		"Temporalサーバー2 abcไทย 한국abc": {"temporal", "サーハー", "2", "abc", "ไทย", "한국abc"},
		"🚀 a🚀b":                  {"a", "b"},
		"İstanbul":               {"istanbul"},
		"οδος ΟΔΟΣ":              {"οδοσ"},
		"a\xffb":                 {"a", "b"},
		strings.Repeat("x", 100): {strings.Repeat("x", 64)},
	} {
		require.Equal(t, want, fulltext.Words(text), "%q", text)
	}
}

func TestSpansSayWhereWordsAre(t *testing.T) {
	t.Parallel()
	text := "Ein Äpfel-Baum"
	var parts []string
	for _, s := range fulltext.Spans(text) {
		parts = append(parts, text[s.Start:s.End]+"="+s.Word)
	}
	require.Equal(t, []string{"Ein=ein", "Äpfel=apfel", "Baum=baum"}, parts)
}

// What was cut into words once stays so: stores get the words with blanks between them.
func FuzzWords(f *testing.F) {
	f.Add("Größe, İstanbul ½ 日本 ﬁ ǅ ᾳ ﷺ \u0345")
	f.Fuzz(func(t *testing.T, text string) {
		words := fulltext.Words(text)
		again := fulltext.Words(strings.Join(words, " "))
		if len(words) == 0 {
			require.Empty(t, again)
			return
		}
		require.Equal(t, words, again)
	})
}
