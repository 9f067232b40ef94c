package tracing

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSummariesAreShort(t *testing.T) {
	t.Parallel()
	require.Empty(t, summarize(nil))
	require.Equal(t, "1 | 2 | 3 | 4 | 5", summarize([]string{"1", "2", "3", "4", "5", "6"}))
	require.Equal(t, strings.Repeat("é", 500), summarize([]string{strings.Repeat("é", 600)}))
}

func TestAddressesAreHidden(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"to ada@example.org: refused":               "to [e-mail]: refused",
		`"Ada" <ada.l+x@mail.example.org>, bob@b`:   `"Ada" <[e-mail]>, [e-mail]`,
		"jörg@müller.example.":                      "[e-mail].",
		"GET /users?mail=ada%40example.org&x=1":     "GET /users?mail=[e-mail]&x=1",
		"mailto:o'neil@example.org":                 "mailto:[e-mail]",
		"5 @ 3, @home and a@ are none":              "5 @ 3, @home and a@ are none",
		strings.Repeat("x", 495) + " a@example.org": strings.Repeat("x", 495) + " [e-m",
	} {
		require.Equal(t, want, summarize([]string{text}))
	}
}
