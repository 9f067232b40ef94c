package httprequest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/textproto"
	"net/url"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/http/httpguts"

	"github.com/distributed-task-queue/taskqueue/task"
)

// Name is the name of the action.
const Name = "http.request"

// Args are the parameters of http.request.
type Args struct {
	URL string `json:"url"` // http or https, its host allowed by the configuration; required
	// Method is GET, HEAD, POST, PUT, PATCH, DELETE or OPTIONS. Default POST.
	Method string `json:"method,omitempty"`
	// Headers of the request. Host and the headers of the connection cannot be set.
	Headers map[string]string `json:"headers,omitempty"`
	// Body is any JSON value, sent as application/json; but a string is sent as the text it holds.
	// A Content-Type header wins. Nothing is sent if it is null, "" or left out.
	Body json.RawMessage `json:"body,omitempty"`
	// ExpectStatus lists the statuses that are a success. Default: 200 to 299.
	ExpectStatus []int `json:"expectStatus,omitempty"`
	// TimeoutSeconds is how long the call may take; at most, and by default, the configured timeout.
	TimeoutSeconds float64 `json:"timeoutSeconds,omitempty"`
}

// Action implements activities.Args.
func (Args) Action() string { return Name }

var methods = []string{
	http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions,
}

// connectionHeaders belong to the connection and to net/http. Host is among them because it
// would reach another site than the one that the allow-list names.
var connectionHeaders = []string{
	"Connection", "Content-Length", "Expect", "Host", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization",
	"Proxy-Connection", "Te", "Trailer", "Transfer-Encoding", "Upgrade",
}

func invalid(format string, args ...any) error {
	return &task.InvalidError{Field: "parameters", Reason: fmt.Sprintf(format, args...)}
}

func (a Args) method() (string, error) {
	if a.Method == "" {
		return http.MethodPost, nil
	}
	if m := strings.ToUpper(a.Method); slices.Contains(methods, m) {
		return m, nil
	}
	return "", invalid("have the method %q; valid are %s", a.Method, strings.Join(methods, ", "))
}

func (a Args) target() (*url.URL, error) {
	if a.URL == "" {
		return nil, invalid("have no url; name the http or https URL to call")
	}
	u, err := url.Parse(a.URL)
	if err != nil {
		// The error of url.Parse quotes the URL, which may hold a token.
		return nil, invalid("have a url that cannot be parsed")
	}
	return u, nil
}

// header returns the request's headers. Errors name a header, never its value.
func (a Args) header() (http.Header, error) {
	h := make(http.Header, len(a.Headers))
	for _, name := range slices.Sorted(maps.Keys(a.Headers)) {
		if !httpguts.ValidHeaderFieldName(name) {
			return nil, invalid("have a header whose name is not valid")
		}
		key := textproto.CanonicalMIMEHeaderKey(name)
		if slices.Contains(connectionHeaders, key) {
			return nil, invalid("have the header %s, which cannot be set", key)
		}
		if _, twice := h[key]; twice {
			return nil, invalid("have the header %s twice", key)
		}
		if !httpguts.ValidHeaderFieldValue(a.Headers[name]) {
			return nil, invalid("have a header %s whose value is not valid", key)
		}
		h.Set(key, a.Headers[name])
	}
	return h, nil
}

// body returns what to send and its content type; both are empty if there is nothing to send.
func (a Args) body() (body []byte, contentType string, err error) {
	raw := bytes.TrimSpace(a.Body)
	if len(raw) == 0 || string(raw) == "null" {
		return nil, "", nil
	}
	if raw[0] != '"' {
		return raw, "application/json", nil
	}
	var text string
	if err := json.Unmarshal(raw, &text); err != nil {
		return nil, "", invalid("have a body that is not valid JSON")
	}
	if text == "" {
		return nil, "", nil
	}
	return []byte(text), "text/plain; charset=utf-8", nil
}

func (a Args) timeout(limit time.Duration) (time.Duration, error) {
	if a.TimeoutSeconds == 0 {
		return limit, nil
	}
	if a.TimeoutSeconds < 0 || a.TimeoutSeconds > limit.Seconds() {
		return 0, invalid("have timeoutSeconds %v; valid is more than 0 and at most %v, which is actions.http.timeout",
			a.TimeoutSeconds, limit.Seconds())
	}
	return time.Duration(a.TimeoutSeconds * float64(time.Second)), nil
}

// expects reports whether the status is a success. An empty list is every 2xx.
func (a Args) expects(status int) bool {
	if len(a.ExpectStatus) == 0 {
		return status >= 200 && status <= 299
	}
	return slices.Contains(a.ExpectStatus, status)
}

func (a Args) validateStatuses() error {
	for _, status := range a.ExpectStatus {
		if status < 200 || status > 599 {
			return invalid("expect the status %d; valid are 200 to 599", status)
		}
	}
	return nil
}
