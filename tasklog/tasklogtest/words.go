package tasklogtest

import (
	"slices"
	"strings"
	"unicode"
)

// withoutAccents are the accents that the seeded texts have.
var withoutAccents = strings.NewReplacer("ä", "a", "ö", "o", "ü", "u", "é", "e", "ë", "e", "ï", "i")

// wordsOf cuts a text into words in the simplest way that is right for the seeded texts. An asterisk stays at the end of a
// word.
func wordsOf(text string) []string {
	text = withoutAccents.Replace(strings.ToLower(text))
	var b strings.Builder
	for _, r := range text {
		switch {
		case unicode.Is(unicode.Han, r):
			b.WriteString(" " + string(r) + " ")
		case unicode.IsLetter(r), unicode.IsDigit(r), r == '*':
			b.WriteRune(r)
		default:
			b.WriteByte(' ')
		}
	}
	words := strings.Fields(b.String())
	for i, word := range words {
		if len(word) > 64 { // they are ASCII
			words[i] = word[:64]
		}
	}
	return words
}

// hasWords reports whether the text has every word of the query.
func hasWords(text, query string) bool {
	words := wordsOf(strings.ReplaceAll(text, "*", " "))
	for _, wanted := range wordsOf(query) {
		beginning, prefix := strings.CutSuffix(wanted, "*")
		found := slices.ContainsFunc(words, func(word string) bool {
			return word == wanted || prefix && strings.HasPrefix(word, beginning)
		})
		if !found {
			return false
		}
	}
	return true
}
