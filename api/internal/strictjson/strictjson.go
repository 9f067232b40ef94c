// Package strictjson reads JSON where two readers of the same text must not understand different things.
package strictjson

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"
)

// Error says why a text is refused.
type Error struct {
	Name   string // the name that an object has twice; "" if that is not what is wrong
	Reason string // continues the sentence "the text …"
}

func (e *Error) Error() string { return "the text " + e.Reason }

func errorf(name, format string, args ...any) error {
	return &Error{Name: name, Reason: fmt.Sprintf(format, args...)}
}

// Parse returns the one JSON value that data is, with numbers as json.Number. Beyond what encoding/json wants, an
// object may not repeat a name, and the text must be valid UTF-8. An error is an *Error.
func Parse(data []byte) (any, error) {
	if len(bytes.TrimSpace(data)) == 0 {
		return nil, errorf("", "is empty; it must be JSON")
	}
	for i := 0; i < len(data); {
		r, size := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && size == 1 {
			return nil, errorf("", "is not valid UTF-8 at byte %d", i)
		}
		i += size
	}
	// The decoder's tokens are lenient about commas and stop at the value's end; this is not.
	var whole json.RawMessage
	if err := json.Unmarshal(data, &whole); err != nil {
		if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
			return nil, errorf("", "is not valid JSON at byte %d: %v", syntax.Offset, syntax)
		}
		return nil, errorf("", "is not valid JSON: %v", err)
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber() // a large integer must not lose its last digits
	return readValue(decoder)
}

// readValue reads the value at the decoder's position, which is known to be well formed.
func readValue(decoder *json.Decoder) (any, error) {
	token, err := decoder.Token()
	if err != nil {
		return nil, err
	}
	switch token {
	case json.Delim('{'):
		return readObject(decoder)
	case json.Delim('['):
		return readArray(decoder)
	}
	return token, nil
}

func readObject(decoder *json.Decoder) (any, error) {
	object := make(map[string]any)
	for decoder.More() {
		token, err := decoder.Token()
		if err != nil {
			return nil, err
		}
		name, _ := token.(string)
		if _, repeated := object[name]; repeated {
			return nil, errorf(name, "has an object with the name %q twice, again before byte %d; give it once", name, decoder.InputOffset())
		}
		if object[name], err = readValue(decoder); err != nil {
			return nil, err
		}
	}
	_, err := decoder.Token() // }
	return object, err
}

func readArray(decoder *json.Decoder) (any, error) {
	array := []any{}
	for decoder.More() {
		value, err := readValue(decoder)
		if err != nil {
			return nil, err
		}
		array = append(array, value)
	}
	_, err := decoder.Token() // ]
	return array, err
}
