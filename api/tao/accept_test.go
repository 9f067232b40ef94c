package tao

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestNegotiate(t *testing.T) {
	t.Parallel()
	for accept, want := range map[string]string{
		"": mediaJSON, "*/*": mediaJSON, "application/json": mediaJSON, "application/xml": mediaXML, "text/xml": mediaTextXML, "TEXT/XML": mediaTextXML,
		"text/*": mediaTextXML, "application/*": mediaJSON, "text/html, application/xml;q=0.9, */*;q=0.8": mediaXML,
		"application/json;q=0.5, text/xml": mediaTextXML, "text/xml;q=0": "", "application/rdf+xml": "", "text/html": "", "text/xml;q=none, application/json;q=0.1": mediaJSON,
		";;": mediaJSON,
	} {
		require.Equal(t, want, negotiate([]string{accept}), accept)
	}
	require.Equal(t, mediaXML, negotiate([]string{"text/html", "application/xml"}), "two headers")
}
