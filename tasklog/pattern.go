package tasklog

import "strings"

// Pattern is a parsed LIKE pattern: % stands for any characters, _ for one, and a backslash takes
// their meaning from the character after it. A single backslash at the end is itself. A pattern
// matches the whole of a text, and letters of ASCII in either case.
type Pattern []Token

// Token is a part of a pattern.
type Token struct {
	Kind    TokenKind
	Literal string // of a LiteralToken
}

// TokenKind is what a token matches.
type TokenKind int

// The kinds of tokens.
const (
	LiteralToken TokenKind = iota // its text
	AnyToken                      // any number of characters, also none
	OneToken                      // exactly one character
)

// ParsePattern parses a LIKE pattern; every text is one.
func ParsePattern(pattern string) Pattern {
	var (
		tokens  Pattern
		literal strings.Builder
		escaped bool
	)
	flush := func() {
		if literal.Len() > 0 {
			tokens = append(tokens, Token{Kind: LiteralToken, Literal: literal.String()})
			literal.Reset()
		}
	}
	for _, r := range pattern {
		switch {
		case escaped:
			literal.WriteRune(r)
			escaped = false
		case r == '\\':
			escaped = true
		case r == '%':
			flush()
			tokens = append(tokens, Token{Kind: AnyToken})
		case r == '_':
			flush()
			tokens = append(tokens, Token{Kind: OneToken})
		default:
			literal.WriteRune(r)
		}
	}
	if escaped {
		literal.WriteByte('\\')
	}
	flush()
	return tokens
}

// Render writes the pattern in another notation: what it has for any and for one, and its escaping of
// literal text.
func (p Pattern) Render(anyText, one string, literal func(string) string) string {
	var b strings.Builder
	for _, token := range p {
		switch token.Kind {
		case AnyToken:
			b.WriteString(anyText)
		case OneToken:
			b.WriteString(one)
		case LiteralToken:
			b.WriteString(literal(token.Literal))
		}
	}
	return b.String()
}

// Match reports whether the pattern matches the text. It takes time in proportion to the product of
// their lengths at worst.
func (p Pattern) Match(text string) bool {
	// One rune a step; negative runes, which no text has, stand for the wildcards.
	const anyRune, oneRune = -1, -2
	var steps []rune
	for _, token := range p {
		switch token.Kind {
		case AnyToken:
			steps = append(steps, anyRune)
		case OneToken:
			steps = append(steps, oneRune)
		case LiteralToken:
			steps = append(steps, []rune(token.Literal)...)
		}
	}
	runes := []rune(text)
	step, at := 0, 0
	lastAny, resume := -1, 0 // the last % seen, and where its match ends so far
	for at < len(runes) {
		switch {
		case step < len(steps) && steps[step] == anyRune:
			lastAny, resume = step, at
			step++
		case step < len(steps) && (steps[step] == oneRune || foldASCII(steps[step]) == foldASCII(runes[at])):
			step++
			at++
		case lastAny >= 0:
			// Let the last % take one character more.
			resume++
			step, at = lastAny+1, resume
		default:
			return false
		}
	}
	for step < len(steps) && steps[step] == anyRune {
		step++
	}
	return step == len(steps)
}

// foldASCII folds only ASCII letters, as SQLite's LIKE and Elasticsearch's case_insensitive do.
func foldASCII(r rune) rune {
	if r >= 'A' && r <= 'Z' {
		return r + ('a' - 'A')
	}
	return r
}
