package api

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/distributed-task-queue/taskqueue/api/internal/strictjson"
	"github.com/distributed-task-queue/taskqueue/broker/temporal"
)

// maxBody leaves room above the largest task, so that one which is a little too large is told the
// limit for tasks, and not the one for bodies.
const maxBody = temporal.MaxTaskSize + 256<<10

// limitTime bounds the time that the request's handler has.
func (s *Server) limitTime(c *gin.Context) context.CancelFunc {
	ctx, cancel := context.WithTimeout(c.Request.Context(), s.config.Timeout)
	c.Request = c.Request.WithContext(ctx)
	return cancel
}

// admit checks the request against the document, and reads its body.
func (s *Server) admit(c *call, r route, o *operation) error {
	for _, p := range c.Params {
		if described, ok := o.parameters[p.Key]; ok {
			if err := s.contract.checkParameter(described, []string{p.Value}); err != nil {
				return err
			}
		}
	}
	query, err := url.ParseQuery(c.Request.URL.RawQuery)
	if err != nil {
		return kindMalformed.problem("", fmt.Sprintf("the query cannot be read: %v", err))
	}
	if err := s.contract.checkQuery(o, query); err != nil {
		return err
	}
	if err := s.contract.checkHeader(o, c.Request.Header); err != nil {
		return err
	}
	if o.body == nil || o.bodyOptional && c.Request.ContentLength == 0 {
		return nil
	}
	if err := checkContentType(c.Request.Header); err != nil {
		return err
	}
	if c.body, err = readBody(c.Context); err != nil {
		return err
	}
	value, err := strictjson.Parse(c.body)
	if err != nil {
		return bodyError(err)
	}
	if r.each == "" {
		return s.contract.checkBody(o, value)
	}
	c.refused, err = s.contract.checkEach(o, r.each, value)
	return err
}

// checkContentType wants JSON by name. A web page of another site can send a body of some other types
// without asking the server first.
func checkContentType(header http.Header) error {
	given := header.Get("Content-Type")
	mediaType, parameters, err := mime.ParseMediaType(given)
	charset := parameters["charset"]
	if err != nil || mediaType != "application/json" || charset != "" && !strings.EqualFold(charset, "utf-8") {
		return kindMediaType.problem("Content-Type", fmt.Sprintf("Content-Type is %q; it must be application/json, in UTF-8", given))
	}
	if encoding := header.Get("Content-Encoding"); encoding != "" {
		return kindMediaType.problem("Content-Encoding", fmt.Sprintf("Content-Encoding is %q; a body must be sent as it is", encoding))
	}
	return nil
}

func readBody(c *gin.Context) ([]byte, error) {
	connection := http.NewResponseController(c.Writer)
	// Only the body has a deadline: one on the connection as a whole would cut long answers off. Writers
	// without deadlines are those of tests.
	if connection.SetReadDeadline(time.Now().Add(bodyTimeout)) == nil {
		defer connection.SetReadDeadline(time.Time{}) //nolint:errcheck // it was possible a moment ago
	}
	body, err := io.ReadAll(http.MaxBytesReader(c.Writer, c.Request.Body, maxBody))
	if err != nil {
		return nil, bodyError(err)
	}
	return body, nil
}

// decode reads the body into a value, which stays as it is if there is none. The body has been checked, so an error here tells of
// a value that the document allows and the type does not.
func (c *call) decode(target any) error {
	if c.body == nil {
		return nil
	}
	if err := json.Unmarshal(c.body, target); err != nil {
		return decodeError(err)
	}
	return nil
}
