package attribute_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/distributed-task-queue/taskqueue/internal/attribute"
	"github.com/distributed-task-queue/taskqueue/task"
)

// Whatever a text is made of, the server must take it: it terminates workflows whose attributes are too large.
func TestTextsFitWhateverTheyAreMadeOf(t *testing.T) {
	t.Parallel()
	for _, of := range []string{"a", `"`, `\`, "<", "\x01", "é", "漢", "😀", "\u2028", "\xff", `<td class="x">😀</td>`} {
		for _, n := range []int{0, 1, 100, 341, 342, 1500, 2046, 2047, 100_000} {
			text := attribute.FullText("label", []string{strings.Repeat(of, n)}, `{"p":1}`)
			encoded, err := json.Marshal(text)
			require.NoError(t, err)
			require.LessOrEqual(t, len(encoded), 2048, "%q × %d", of, n)
			keyword := attribute.Keyword(strings.Repeat(of, n))
			require.LessOrEqual(t, utf8.RuneCountInString(keyword), task.MaxTextLength)
			encoded, err = json.Marshal(keyword)
			require.NoError(t, err)
			require.LessOrEqual(t, len(encoded), 2048)
		}
	}
}

func TestFullTextHasEveryWordOnce(t *testing.T) {
	t.Parallel()
	text := attribute.FullText("Import the Cities", []string{"Import done: 42 rows", "café"}, `{"file":"cities.csv","name":"Stra\u00dfe \n\"x\"","deep":[{"n":17}, true, null]}`)
	require.Equal(t, "import the cities done 42 rows cafe file csv name straße x deep n 17", text)
	require.Equal(t, "label not json", attribute.FullText("label", nil, `not json{`))

	words := make([]string, 1000)
	for i := range words {
		words[i] = fmt.Sprintf("w%d", i)
	}
	text = attribute.FullText(strings.Join(words, " "), nil, "{}")
	require.Greater(t, len(text), 2048-2-len(" w999"), "no more is cut than must be")
	require.True(t, strings.HasPrefix(text, "w0 w1 w2 "))
}
