package logbench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/distributed-task-queue/taskqueue/tasklog/elastic"
)

// elasticClient sends requests as one would by hand.
type elasticClient struct {
	http       *http.Client
	connection elastic.Connection
}

func newElasticClient(c elastic.Connection) (*elasticClient, error) {
	transport, ok := http.DefaultTransport.(*http.Transport)
	if !ok {
		return nil, errors.New("the default transport of HTTP was replaced")
	}
	transport = transport.Clone()
	if c.CAFile != "" {
		pool, err := readCertificates(c.CAFile)
		if err != nil {
			return nil, err
		}
		transport.TLSClientConfig = pool
	}
	return &elasticClient{http: &http.Client{Transport: transport}, connection: c}, nil
}

// send sends a body, which may be empty, and decodes the answer into target unless that is nil.
func (c *elasticClient) send(ctx context.Context, method, path, contentType string, body []byte, target any) (err error) {
	request, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(c.connection.Addresses[0], "/")+path, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	if len(body) > 0 {
		request.Header.Set("Content-Type", contentType)
	}
	switch {
	case c.connection.APIKey != "":
		request.Header.Set("Authorization", "ApiKey "+c.connection.APIKey)
	case c.connection.Username != "":
		request.SetBasicAuth(c.connection.Username, c.connection.Password)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close() //nolint:errcheck // what could be lost has been read
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	if response.StatusCode >= http.StatusMultipleChoices {
		return &statusError{Request: method + " " + path, Status: response.StatusCode, Body: string(answer[:min(len(answer), 1000)])}
	}
	if target == nil {
		return nil
	}
	if err := json.Unmarshal(answer, target); err != nil {
		return fmt.Errorf("decode the answer to %s %s: %w", method, path, err)
	}
	return nil
}

func (c *elasticClient) json(ctx context.Context, method, path, body string, target any) error {
	return c.send(ctx, method, path, "application/json", []byte(body), target)
}

// index is the path of something of the index.
func (c *elasticClient) index(path string) string { return "/" + c.connection.Index + path }

// statusError is an answer that says that a request has failed.
type statusError struct {
	Request string
	Status  int
	Body    string // its beginning
}

func (e *statusError) Error() string {
	return fmt.Sprintf("%s: Elasticsearch answers %d: %s", e.Request, e.Status, e.Body)
}

func isMissing(err error) bool {
	status, ok := errors.AsType[*statusError](err)
	return ok && status.Status == http.StatusNotFound
}
