package tasklog

import (
	"encoding/json"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// maxValueLength is how many characters a value may have. No column holds more than 255; a pattern may
// need more than it matches.
const maxValueLength = 1000

// toText accepts a string or any type made of one.
func toText(column Column, value any) (string, error) {
	v := reflect.ValueOf(value)
	if v.Kind() != reflect.String {
		return "", filterErrorf(string(column), "needs text, not %s", describe(value))
	}
	if _, ok := value.(json.Number); ok {
		return "", filterErrorf(string(column), "needs text, not the number %v", value)
	}
	text := v.String()
	switch n := utf8.RuneCountInString(text); {
	case !utf8.ValidString(text):
		return "", filterErrorf(string(column), "has a value that is not valid UTF-8")
	case strings.ContainsRune(text, 0):
		return "", filterErrorf(string(column), "has a value with a NUL character, which no column can hold")
	case n > maxValueLength:
		return "", filterErrorf(string(column), "has a value of %d characters; at most %d are allowed", n, maxValueLength)
	}
	return text, nil
}

// toBool accepts a bool, the number 0 or 1, and the texts "true", "false", "0" and "1".
func toBool(column Column, value any) (bool, error) {
	if b, ok := value.(bool); ok {
		return b, nil
	}
	if text, ok := value.(string); ok {
		switch text {
		case "true", "1":
			return true, nil
		case "false", "0":
			return false, nil
		}
	}
	if n, ok := toNumber(value); ok && (n == 0 || n == 1) {
		return n == 1, nil
	}
	return false, filterErrorf(string(column), "needs true or false, not %s", describe(value))
}

// timeLayouts are the spellings of a time; those without a zone are in UTC.
var timeLayouts = []string{time.RFC3339Nano, time.DateTime, time.DateOnly}

// toTime accepts a time.Time, a text in one of timeLayouts, and seconds since 1970. What is finer than
// a millisecond is cut off.
func toTime(column Column, value any) (time.Time, error) {
	t, ok := value.(time.Time)
	if !ok {
		t, ok = parseTime(value)
	}
	if !ok {
		return time.Time{}, filterErrorf(string(column),
			`needs a time such as "2026-01-31T15:04:05Z", "2026-01-31 15:04:05" or "2026-01-31" (UTC), or seconds since 1970, not %s`, describe(value))
	}
	t = t.UTC().Truncate(time.Millisecond)
	if t.Year() < 1 || t.Year() > 9999 {
		return time.Time{}, filterErrorf(string(column), "needs a time in the years 1 to 9999, not %v", value)
	}
	return t, nil
}

func parseTime(value any) (time.Time, bool) {
	if text, ok := value.(string); ok {
		for _, layout := range timeLayouts {
			if t, err := time.Parse(layout, text); err == nil {
				return t, true
			}
		}
		return time.Time{}, false
	}
	seconds, ok := toNumber(value)
	// Beyond this lies no year that toTime accepts, nor a number that fits the conversions below.
	if !ok || math.Abs(seconds) > 1e12 {
		return time.Time{}, false
	}
	return time.UnixMilli(int64(math.Floor(seconds * 1000))), true
}

// toNumber accepts any number, as Go or JSON has it.
func toNumber(value any) (float64, bool) {
	v := reflect.ValueOf(value)
	switch {
	case v.CanInt():
		return float64(v.Int()), true
	case v.CanUint():
		return float64(v.Uint()), true
	case v.CanFloat():
		return v.Float(), !math.IsNaN(v.Float())
	}
	if n, ok := value.(json.Number); ok {
		f, err := strconv.ParseFloat(string(n), 64)
		return f, err == nil
	}
	return 0, false
}

func describe(value any) string {
	switch v := value.(type) {
	case nil:
		return "null"
	case string:
		return strconv.Quote(v)
	}
	encoded, err := json.Marshal(value)
	if err != nil {
		return reflect.TypeOf(value).String()
	}
	return string(encoded)
}
