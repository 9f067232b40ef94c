// Package fulltext decides what a word is. Stores cut texts into words each in their own way; the text that is
// indexed and the words that are looked for both go through here first, so that all of them find the same.
package fulltext

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// maxWordLength is how many characters of a word count. Stores have bounds of their own, all of them higher.
const maxWordLength = 64

// Span is a word of a text.
type Span struct {
	Start, End int    // where it is in the text, in bytes
	Word       string // without case and accents
}

// Spans returns the words of a text in their order: what lies between anything that is no letter, digit or mark. Where
// words are written without spaces between them, in Chinese and Japanese, every character is one; some scripts end a word
// of another.
func Spans(text string) []Span {
	var spans []Span
	start, script := -1, 0
	flush := func(end int) {
		if start < 0 {
			return
		}
		if word := fold(text[start:end]); word != "" {
			spans = append(spans, Span{Start: start, End: end, Word: word})
		}
		start = -1
	}
	for i, r := range text {
		switch {
		case unicode.In(r, unicode.Han, unicode.Hiragana):
			flush(i)
			start = i
			flush(i + len(string(r)))
		case unicode.In(r, unicode.Letter, unicode.Number):
			if s := scriptOf(r); start < 0 || s != script {
				flush(i)
				start, script = i, s
			}
		case unicode.Is(unicode.Mark, r):
			if start < 0 {
				start, script = i, 0
			}
		default:
			flush(i)
		}
	}
	flush(len(text))
	return spans
}

// apart are the scripts that Elasticsearch cuts from the others where they meet without a blank, so everybody has to.
var apart = []*unicode.RangeTable{
	unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar, unicode.Tai_Le, unicode.New_Tai_Lue, unicode.Tai_Tham, unicode.Tai_Viet,
}

// scriptOf tells the scripts that are cut from others apart; all others are 0.
func scriptOf(r rune) int {
	if r == 'ー' || r == 'ｰ' { // the mark of a long vowel, which is of no script
		r = 'ア'
	}
	return 1 + slices.IndexFunc(apart, func(script *unicode.RangeTable) bool { return unicode.Is(script, r) })
}

// Words returns the words of a text without repetitions, in the order in which they come first.
func Words(text string) []string {
	var words []string
	seen := map[string]bool{}
	for _, s := range Spans(text) {
		if !seen[s.Word] {
			seen[s.Word] = true
			words = append(words, s.Word)
		}
	}
	return words
}

// fold takes case, accents and ligatures from a word.
func fold(word string) string {
	var b strings.Builder
	length := 0
	for _, r := range norm.NFKD.String(strings.ToLower(norm.NFKD.String(word))) {
		if !unicode.In(r, unicode.Letter, unicode.Number) { // an accent, or what a ligature has between its parts
			continue
		}
		if r == 'ς' { // the one letter of which case folding knows two small forms
			r = 'σ'
		}
		if length++; length > maxWordLength {
			break
		}
		b.WriteRune(r)
	}
	return norm.NFC.String(b.String())
}
