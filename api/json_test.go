package api

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParseJSON(t *testing.T) {
	t.Parallel()
	value, err := parseJSON([]byte(` {"a": [1, 12345678901234567890, "x", null, true, {}], "b": {"a": []}} `))
	require.NoError(t, err)
	require.Equal(t, map[string]any{
		"a": []any{json.Number("1"), json.Number("12345678901234567890"), "x", nil, true, map[string]any{}},
		"b": map[string]any{"a": []any{}},
	}, value)
}

func TestParseJSONRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ in, detail, field string }{
		"nothing":        {"  \n", "empty", ""},
		"not JSON":       {`{"action": }`, "at byte 12", ""},
		"cut off":        {`{"action": "a"`, "at byte 14", ""},
		"trailing":       {`{} {}`, "at byte 4", ""},
		"trailing comma": {`{"a":1,}`, "at byte 8", ""},
		"missing comma":  {`[1 2]`, "at byte 4", ""},
		"duplicate":      {`{"a":1,"b":{"a":2,"a":3}}`, `"a" twice`, "a"},
		"same once read": {`{"a":1,"\u0061":2}`, `"a" twice`, "a"},
		"not UTF-8":      {"{\"a\":\"\xff\"}", "UTF-8 at byte 6", ""},
		"too deep":       {strings.Repeat("[", 20_000), "max depth", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := parseJSON([]byte(c.in))
			var p *problem
			require.ErrorAs(t, err, &p)
			require.Equal(t, 400, p.Status)
			require.Contains(t, p.Detail, c.detail)
			require.Equal(t, c.field, p.Field)
		})
	}
}

func FuzzParseJSON(f *testing.F) {
	f.Add([]byte(`{"a":[1,"x",null,{"b":true}]}`))
	f.Add([]byte(`[1 2]`))
	f.Fuzz(func(t *testing.T, data []byte) {
		value, err := parseJSON(data)
		if err != nil {
			var p *problem
			require.ErrorAs(t, err, &p)
			return
		}
		// What is accepted means the same to encoding/json.
		decoder := json.NewDecoder(strings.NewReader(string(data)))
		decoder.UseNumber()
		var want any
		require.NoError(t, decoder.Decode(&want))
		require.Equal(t, want, value)
	})
}
