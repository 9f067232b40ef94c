package strictjson_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/distributed-task-queue/taskqueue/api/internal/strictjson"
)

func TestParse(t *testing.T) {
	t.Parallel()
	value, err := strictjson.Parse([]byte(` {"a": [1, 12345678901234567890, "x", null, true, {}], "b": {"a": []}} `))
	require.NoError(t, err)
	require.Equal(t, map[string]any{
		"a": []any{json.Number("1"), json.Number("12345678901234567890"), "x", nil, true, map[string]any{}},
		"b": map[string]any{"a": []any{}},
	}, value)
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ in, reason, name string }{
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
			_, err := strictjson.Parse([]byte(c.in))
			var refused *strictjson.Error
			require.ErrorAs(t, err, &refused)
			require.Contains(t, refused.Reason, c.reason)
			require.Equal(t, c.name, refused.Name)
		})
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"a":[1,"x",null,{"b":true}]}`))
	f.Add([]byte(`[1 2]`))
	f.Fuzz(func(t *testing.T, data []byte) {
		value, err := strictjson.Parse(data)
		if err != nil {
			var refused *strictjson.Error
			require.ErrorAs(t, err, &refused)
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
