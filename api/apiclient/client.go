// Package apiclient is a client of the REST API. Its types and calls are generated from api/openapi.yaml.
//
// A call returns an error unless it was answered with a status below 400; the error is a *[ProblemError] if the server has answered. The
// answer is in the field that bears its status, such as JSON200; the HTTPResponse has its headers.
package apiclient

//go:generate go run github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen@v2.8.2 -config oapi-codegen.yaml ../openapi.yaml

import (
	"context"
	"net/http"
	"slices"
)

// New returns a client of the API at a URL such as http://127.0.0.1:8080.
func New(server string, options ...ClientOption) (*ClientWithResponses, error) {
	return NewClientWithResponses(server, slices.Concat(options, []ClientOption{refuseErrors})...)
}

// WithCredential is the option to send an API key or a token with every request.
func WithCredential(credential string) ClientOption {
	return WithRequestEditorFn(func(_ context.Context, request *http.Request) error {
		request.Header.Set("Authorization", "Bearer "+credential)
		return nil
	})
}

// refuseErrors makes errors of answers that tell one. It must be the last option.
func refuseErrors(c *Client) error {
	if c.Client == nil {
		c.Client = http.DefaultClient
	}
	c.Client = refuser{c.Client}
	return nil
}

type refuser struct{ next HttpRequestDoer }

// Do sends a request.
func (r refuser) Do(request *http.Request) (*http.Response, error) {
	response, err := r.next.Do(request)
	if err != nil || response.StatusCode < http.StatusBadRequest {
		return response, err
	}
	return nil, readProblem(response)
}
