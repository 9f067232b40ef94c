package elastic

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/elastic/go-elasticsearch/v8"

	"github.com/distributed-task-queue/taskqueue/tasklog"
)

// object is a JSON object of a request.
type object = map[string]any

// transport sends requests, and tells what their failures mean.
type transport struct {
	connection Connection
	client     *elasticsearch.Client
}

func newTransport(c Connection) (*transport, error) {
	c = c.WithDefaults()
	if err := c.Validate(); err != nil {
		return nil, err
	}
	es, err := c.dial()
	if err != nil {
		return nil, err
	}
	return &transport{connection: c, client: es}, nil
}

// send sends a request with a JSON body, or none, and decodes the answer into target unless that is nil.
func (t *transport) send(ctx context.Context, method, path string, body, target any) error {
	var encoded []byte
	if body != nil {
		var err error
		if encoded, err = json.Marshal(body); err != nil {
			return fmt.Errorf("encode the request: %w", err)
		}
	}
	return t.sendBytes(ctx, method, path, "application/json", encoded, target)
}

func (t *transport) sendBytes(ctx context.Context, method, path, contentType string, body []byte, target any) error {
	own, cancel := context.WithTimeout(ctx, t.connection.Timeout)
	defer cancel()
	request, err := http.NewRequestWithContext(own, method, path, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	if len(body) > 0 {
		request.Header.Set("Content-Type", contentType)
	}
	response, err := t.client.Perform(request)
	if err != nil {
		return t.failed(ctx, err)
	}
	defer response.Body.Close() //nolint:errcheck // what could be lost has been read
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return t.failed(ctx, err)
	}
	if response.StatusCode >= http.StatusMultipleChoices {
		return t.refused(answerError(response.StatusCode, answer))
	}
	if target == nil {
		return nil
	}
	if err := json.Unmarshal(answer, target); err != nil {
		return fmt.Errorf("decode the answer of index %s: %w", t.connection.name(), err)
	}
	return nil
}

// failed is for a request without an answer.
func (t *transport) failed(ctx context.Context, err error) error {
	if ctx.Err() != nil { // the caller has given up
		return context.Cause(ctx)
	}
	if reason := neverAnswers(err); reason != "" {
		return t.unusable(reason, err)
	}
	return &tasklog.UnavailableError{Index: t.connection.name(), Err: err}
}

// AnswerError is an answer of Elasticsearch that says that a request has failed.
type AnswerError struct {
	Status int    // of HTTP
	Type   string // as Elasticsearch calls it: index_not_found_exception
	Reason string
}

func (e *AnswerError) Error() string {
	return strings.TrimRight(fmt.Sprintf("Elasticsearch answers %d %s: %s", e.Status, e.Type, e.Reason), ": ")
}

// cause is the error part of an answer.
type cause struct {
	Type      string  `json:"type"`
	Reason    string  `json:"reason"`
	RootCause []cause `json:"root_cause"`
	CausedBy  *cause  `json:"caused_by"`
}

// innermost is what really went wrong.
func (c cause) innermost() cause {
	if c.CausedBy != nil {
		return c.CausedBy.innermost()
	}
	if len(c.RootCause) > 0 {
		return c.RootCause[0].innermost()
	}
	return c
}

func answerError(status int, answer []byte) *AnswerError {
	var body struct {
		Error json.RawMessage `json:"error"`
	}
	var c cause
	if json.Unmarshal(answer, &body) != nil || json.Unmarshal(body.Error, &c) != nil {
		return &AnswerError{Status: status, Type: http.StatusText(status)} // of a proxy, or a text
	}
	c = c.innermost()
	return &AnswerError{Status: status, Type: c.Type, Reason: c.Reason}
}

// MissingIndexError says that Temporal's index does not exist.
type MissingIndexError struct {
	Index string // and where it was looked for
}

func (e *MissingIndexError) Error() string {
	return fmt.Sprintf("Elasticsearch has no index %s: `taskctl init` makes it; Temporal must be configured to keep its visibility there", e.Index)
}

// refused says what an answer means.
func (t *transport) refused(err *AnswerError) error {
	switch {
	case err.Type == "index_not_found_exception":
		return &MissingIndexError{Index: t.connection.name()}
	case strings.Contains(err.Type+err.Reason, "too_complex_to_determinize"), strings.Contains(err.Reason, "Determinizing"):
		return &tasklog.FilterError{Field: string(tasklog.Like), Reason: "has a pattern that is too complex for Elasticsearch; use fewer wildcards"}
	case err.Status == http.StatusUnauthorized || err.Type == "security_exception":
		return t.unusable("it refuses the credentials; check username and password, or apiKey, and that they may read the index", err)
	case temporary(err.Status):
		return &tasklog.UnavailableError{Index: t.connection.name(), Err: err}
	}
	return fmt.Errorf("index %s: %w", t.connection.name(), err)
}

// temporary reports whether the same request may succeed later.
func temporary(status int) bool {
	switch status {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// isStatus reports whether the error is an answer with this status of HTTP.
func isStatus(err error, status int) bool {
	answer, ok := errors.AsType[*AnswerError](err)
	return ok && answer.Status == status
}

func decode[T any](raw json.RawMessage) (value T, err error) {
	err = json.Unmarshal(raw, &value)
	return value, err
}
