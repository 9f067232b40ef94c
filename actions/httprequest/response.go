package httprequest

import (
	"fmt"
	"io"
	"net/http"
	"strings"
)

// Response is the data of the report of a call that was answered.
type Response struct {
	Status int `json:"status"`
	// Headers are those that tell about the body or about a later call. Cookies are not among them.
	Headers map[string]string `json:"headers"`
	// Body as text; bytes that are not UTF-8 are replaced by U+FFFD, and secrets of the request
	// that the server sent back by [redacted].
	Body          string `json:"body"`
	BodyTruncated bool   `json:"bodyTruncated"` // the body was longer than maxResponseBytes
}

var reportedHeaders = []string{"Content-Type", "ETag", "Last-Modified", "Location", "Retry-After", "X-Request-Id"}

// readResponse reads at most limit bytes of the body.
func readResponse(resp *http.Response, limit int, secrets redactor) (Response, error) {
	r := Response{Status: resp.StatusCode, Headers: make(map[string]string)}
	for _, name := range reportedHeaders {
		if v := resp.Header.Get(name); v != "" {
			r.Headers[name] = secrets.redact(strings.ToValidUTF8(v, "\uFFFD"))
		}
	}
	// So much more is read that a secret which begins within the limit is there as a whole.
	body, err := io.ReadAll(io.LimitReader(resp.Body, int64(limit+1+secrets.longest)))
	if err != nil {
		return r, fmt.Errorf("read the response's body: %w", err)
	}
	r.BodyTruncated = len(body) > limit
	text := string(body)
	if r.BodyTruncated {
		// The end may be the beginning of a secret.
		text = secrets.redact(text)
		text = text[:min(limit, max(0, len(text)-secrets.longest))]
	} else {
		text = secrets.redact(text)
	}
	r.Body = strings.ToValidUTF8(text, "\uFFFD")
	return r, nil
}
