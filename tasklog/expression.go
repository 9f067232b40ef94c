package tasklog

import (
	"bytes"
	"encoding/json"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// AddExpression adds the condition that a text such as `created_at >= 2026-01-31` says: a column, an operator and a value, with
// white space between them. Columns and operators are spelled as Add takes them, those of SQL in any case. The value is the
// rest of the text without white space around it, or a JSON string if it begins with a quotation mark. The operators in and
// notIn take values with commas between them, or a JSON array.
//
// A wrong input is returned as a *FilterError, and the filter stays as it was.
func (f *Filter) AddExpression(text string) error {
	name, rest := cutWord(text)
	column, err := ParseColumn(name)
	if err != nil {
		return err
	}
	word, rest := cutWord(rest)
	if strings.EqualFold(word, "not") { // NOT LIKE and NOT IN are two words
		second, after := cutWord(rest)
		word, rest = word+" "+second, after
	}
	op, err := parseWord(word)
	if err != nil {
		return err
	}
	var value any
	if op.List() {
		value, err = parseList(column, rest)
	} else {
		value, err = parseValue(column, rest)
	}
	if err != nil {
		return err
	}
	return f.Add(column, op, value)
}

// parseWord takes the operators of SQL in any case.
func parseWord(word string) (Operator, error) {
	if i := slices.IndexFunc(operators, func(o operatorInfo) bool { return strings.EqualFold(word, o.sql) }); i >= 0 {
		return operators[i].name, nil
	}
	return ParseOperator(word)
}

func parseValue(column Column, text string) (any, error) {
	if !strings.HasPrefix(text, `"`) {
		return plain(column, text), nil
	}
	var value string
	if json.Unmarshal([]byte(text), &value) != nil {
		return nil, filterErrorf(string(column), "has the value %s, which begins like a JSON string but is none", text)
	}
	return value, nil
}

// plain returns a value that stands as it is. A time may be a number.
func plain(column Column, text string) any {
	if _, err := strconv.ParseFloat(text, 64); err == nil && column.Kind() == KindTime {
		return json.Number(text)
	}
	return text
}

func parseList(column Column, text string) ([]any, error) {
	values := []any{}
	switch {
	case strings.HasPrefix(text, "["):
		decoder := json.NewDecoder(bytes.NewReader([]byte(text)))
		decoder.UseNumber()
		err := decoder.Decode(&values)
		if _, more := decoder.Token(); err != nil || more != io.EOF {
			return nil, filterErrorf(string(column), "has the list %s, which begins like a JSON array but is none", text)
		}
		return values, nil
	case strings.HasPrefix(text, `"`):
		return nil, filterErrorf(string(column), `has the list %s; values in quotation marks must be in a JSON array, as in ["a", "b"]`, text)
	case text == "":
		return values, nil
	}
	for value := range strings.SplitSeq(text, ",") {
		values = append(values, plain(column, strings.TrimSpace(value)))
	}
	return values, nil
}

// cutWord returns the first word, and what follows the white space after it.
func cutWord(s string) (word, rest string) {
	s = strings.TrimSpace(s)
	if end := strings.IndexFunc(s, unicode.IsSpace); end >= 0 {
		return s[:end], strings.TrimSpace(s[end:])
	}
	return s, ""
}
