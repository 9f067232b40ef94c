package httprequest

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A server that sends everything back must not bring a secret into the task log.
func TestEchoedSecrets(t *testing.T) {
	t.Parallel()
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Request-ID", r.Header.Get("X-Api-Key"))
		_, password, _ := r.BasicAuth()
		cookie, err := r.Cookie("session")
		if err != nil {
			t.Error(err)
			return
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"headers": r.Header, "password": password, "cookie": cookie.Value})
	})
	secrets := map[string]string{
		"Authorization": "Basic dXNlcjpodXNoLWh1c2g=", // user:hush-hush
		"Cookie":        "theme=dark; session=cookie-hush",
		"X-Api-Key":     `key-"hush"-<1>`,
	}
	report, err := open(t, server.host(t)).run(t.Context(), Args{URL: server.URL, Headers: secrets})
	require.NoError(t, err)
	require.False(t, report.Failed())
	written := string(rawJSON(t, report))
	for _, part := range []string{"hush", "dXNlcjpodXNoLWh1c2g="} {
		require.NotContains(t, written, part)
	}
	require.Equal(t, "[redacted]", report.Data.(Response).Headers["X-Request-Id"])
	require.Contains(t, report.Data.(Response).Body, `"X-Api-Key":["[redacted]"]`)
	require.Contains(t, report.Data.(Response).Body, `"Content-Length"`, "the rest is kept")
}

// Cutting the body must not leave the beginning of a secret at its end.
func TestSecretAtTheCut(t *testing.T) {
	t.Parallel()
	const secret = "abcdefghijklmnopqrstuvwxyz-0123456789"
	for offset := range 120 {
		body := strings.Repeat(".", offset) + secret + strings.Repeat(".", 30) + secret + strings.Repeat(".", 200)
		resp := &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader(body))}
		got, err := readResponse(resp, 100, newRedactor(http.Header{"X-Api-Key": {secret}}))
		require.NoError(t, err)
		require.True(t, got.BodyTruncated)
		require.LessOrEqual(t, len(got.Body), 100)
		require.NotContains(t, got.Body, "abc", "offset %d", offset)
		require.NotContains(t, got.Body, "789", "offset %d", offset)
	}
}
