package tasklog

import (
	"context"
	"strings"

	"github.com/distributed-task-queue/taskqueue/internal/fulltext"
)

const (
	// highlightContext is how many characters of text surround the words of a highlight.
	highlightContext = 60
	// maxHighlights is how many highlights one field has at most.
	maxHighlights = 3
)

// Highlight is a part of a text in which words were found, in the pieces that it consists of.
type Highlight []HighlightPiece

// HighlightPiece is a piece of text that was found, or that lies between such pieces.
type HighlightPiece struct {
	Text  string `json:"text"`
	Match bool   `json:"match,omitempty"`
}

// WithHighlights adds "highlights" to the tasks that a full-text search has found: where in their texts the words are, by the
// name of the text: taskLabel, report, parameters. Without such a search it adds nothing.
func WithHighlights(f *Filter) Decorator {
	return func(_ context.Context, e Entity) (string, any, bool, error) {
		found := f.Highlights(e)
		return "highlights", found, len(found) > 0, nil
	}
}

// Highlights returns where in the texts of a task the words of Text are. Words that the task has beyond what lists tell of its
// parameters are not among them.
func (f *Filter) Highlights(e Entity) map[string][]Highlight {
	if len(f.words) == 0 {
		return nil
	}
	found := map[string][]Highlight{}
	add := func(field, text string) {
		if room := maxHighlights - len(found[field]); room > 0 {
			if some := highlight(text, f.words, room); len(some) > 0 {
				found[field] = append(found[field], some...)
			}
		}
	}
	add(Label.info().key, e.Label)
	if e.Report != nil {
		for _, message := range e.Report.Messages() {
			add(Report.info().key, message)
		}
	}
	add(Parameters.info().key, e.Parameters)
	return found
}

// highlight returns the first parts of the text that have any of the words.
func highlight(text string, words []SearchWord, most int) []Highlight {
	var found []Highlight
	var part Highlight
	end := 0 // of the last match
	for _, s := range fulltext.Spans(text) {
		if !matchesAny(words, s.Word) {
			continue
		}
		between := text[end:s.Start]
		switch {
		case part == nil:
			part = before(between)
		case len([]rune(between)) > 2*highlightContext:
			if found = append(found, append(part, after(between)...)); len(found) == most {
				return found
			}
			part = before(between)
		case between != "":
			part = append(part, HighlightPiece{Text: between})
		}
		part = append(part, HighlightPiece{Text: text[s.Start:s.End], Match: true})
		end = s.End
	}
	if part == nil {
		return nil
	}
	return append(found, append(part, after(text[end:])...))
}

func matchesAny(words []SearchWord, word string) bool {
	for _, w := range words {
		if w.matches(word) {
			return true
		}
	}
	return false
}

const ellipsis = "…"

// before is the text that leads up to a match.
func before(text string) Highlight {
	runes := []rune(text)
	if len(runes) > highlightContext {
		text = ellipsis + string(runes[len(runes)-highlightContext:])
	}
	return piece(text)
}

// after is the text that follows a match.
func after(text string) Highlight {
	runes := []rune(text)
	if len(runes) > highlightContext {
		text = string(runes[:highlightContext]) + ellipsis
	}
	return piece(text)
}

func piece(text string) Highlight {
	if text == "" {
		return Highlight{}
	}
	return Highlight{{Text: strings.ToValidUTF8(text, "\uFFFD")}}
}
