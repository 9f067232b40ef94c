package attribute_test

import (
	"encoding/json"
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
			if of == "a" && n >= 2047 {
				require.Len(t, encoded, 2048, "no more is cut than must be")
			}
			keyword := attribute.Keyword(strings.Repeat(of, n))
			require.LessOrEqual(t, utf8.RuneCountInString(keyword), task.MaxTextLength)
			encoded, err = json.Marshal(keyword)
			require.NoError(t, err)
			require.LessOrEqual(t, len(encoded), 2048)
		}
	}
	require.Equal(t, "label\nsaid\n{}", attribute.FullText("label", []string{"said"}, "{}"))
}
