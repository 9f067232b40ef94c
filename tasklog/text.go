package tasklog

import (
	"slices"
	"strings"

	"github.com/distributed-task-queue/taskqueue/internal/fulltext"
)

// maxSearchWords bounds a full-text search, so that a request cannot make a query of any size.
const maxSearchWords = 32

// SearchWord is a word that a full-text search looks for, without case and accents.
type SearchWord struct {
	Text   string
	Prefix bool // words that begin with it will do
}

// Text wants every word of the query to be a word of the task's label, report or parameters, in any order, without regard to
// case and accents. What is no letter or digit separates words; a word with an asterisk at its end stands for all that
// begin with it.
func (f *Filter) Text(query string) *Filter {
	words, err := searchWords(query)
	f.keep(err)
	f.words = append(f.words, words...)
	return f
}

func searchWords(query string) ([]SearchWord, error) {
	if _, err := toText("text", query); err != nil {
		return nil, err
	}
	var words []SearchWord
	for _, s := range fulltext.Spans(query) {
		words = append(words, SearchWord{Text: s.Word, Prefix: strings.HasPrefix(query[s.End:], "*")})
	}
	switch {
	case len(words) == 0:
		return nil, filterErrorf("text", "has the value %q, which has no letter or digit to look for", query)
	case len(words) > maxSearchWords:
		return nil, filterErrorf("text", "has %d words; at most %d are allowed", len(words), maxSearchWords)
	}
	return words, nil
}

// Words returns what Text has asked for.
func (f *Filter) Words() []SearchWord { return f.words }

// matchText reports whether the indexed text has every word.
func (f *Filter) matchText(indexed string) bool {
	if len(f.words) == 0 {
		return true
	}
	words := fulltext.Words(indexed)
	for _, wanted := range f.words {
		if !wanted.isIn(words) {
			return false
		}
	}
	return true
}

func (w SearchWord) isIn(words []string) bool {
	return slices.ContainsFunc(words, w.matches)
}

func (w SearchWord) matches(word string) bool {
	return word == w.Text || w.Prefix && strings.HasPrefix(word, w.Text)
}
