package tao

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"testing"

	"github.com/stretchr/testify/require"
)

// requireXML reads a document to its end.
func requireXML(t *testing.T, document []byte) {
	t.Helper()
	decoder := xml.NewDecoder(bytes.NewReader(document))
	for {
		if _, err := decoder.Token(); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			require.NoError(t, err, "%s", document)
		}
	}
}

func TestXML(t *testing.T) {
	t.Parallel()
	encoded, err := encodeXML(map[string]any{"a": []any{1, "x<&>\x01", nil, true, map[string]any{"two words": 1.5}}, "b": map[string]any{}})
	require.NoError(t, err)
	require.Equal(t, `<?xml version="1.0" encoding="UTF-8"?>
<root>
  <a>
    <element>1</element>
    <element>x&lt;&amp;&gt;`+"\uFFFD"+`</element>
    <element></element>
    <element>true</element>
    <element>
      <element key="two words">1.5</element>
    </element>
  </a>
  <b></b>
</root>
`, string(encoded))
}

func FuzzXML(f *testing.F) {
	f.Add("key", "value")
	f.Add("", "\x00\xff")
	f.Add("xml", "]]>")
	f.Fuzz(func(t *testing.T, key, value string) {
		encoded, err := encodeXML(map[string]any{key: []any{value, map[string]any{value: key}}})
		require.NoError(t, err)
		requireXML(t, encoded)
	})
}
