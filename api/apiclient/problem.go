package apiclient

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

// ProblemError says why the server has not done what it was asked for.
type ProblemError struct {
	Problem Problem
	// RetryAfter is how long the server asks to wait before the same request is sent again. 0: it says nothing of that.
	RetryAfter time.Duration
}

// Error returns the status with what is wrong.
func (e *ProblemError) Error() string {
	if e.Problem.Detail == "" {
		return fmt.Sprintf("the API answers %d: %s", e.Problem.Status, e.Problem.Title)
	}
	return fmt.Sprintf("the API answers %d: %s: %s", e.Problem.Status, e.Problem.Title, e.Problem.Detail)
}

// maxProblem is how many bytes of an answer that tells an error are read.
const maxProblem = 1 << 20

// readProblem reads the answer to its end. What is no problem document, as from a proxy in between, is told by its status.
func readProblem(response *http.Response) error {
	defer response.Body.Close() //nolint:errcheck // it has been read, or the error says why not
	e := &ProblemError{}
	body, err := io.ReadAll(io.LimitReader(response.Body, maxProblem))
	if err != nil || json.Unmarshal(body, &e.Problem) != nil || e.Problem.Title == "" {
		e.Problem = Problem{Type: "about:blank", Title: http.StatusText(response.StatusCode)}
	}
	e.Problem.Status = response.StatusCode
	if seconds, err := strconv.Atoi(response.Header.Get("Retry-After")); err == nil && seconds > 0 {
		e.RetryAfter = time.Duration(seconds) * time.Second
	}
	return e
}
