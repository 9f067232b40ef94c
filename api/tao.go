package api

import (
	"fmt"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/distributed-task-queue/taskqueue/api/auth"
	"github.com/distributed-task-queue/taskqueue/api/tao"
)

// TAO says whether and how the endpoints of the PHP system are served: see package tao.
type TAO struct {
	// Off leaves them out. Default: they are served.
	Off bool
	// RedirectURL is the template of what answers have as redirectUrl: see tao.ParseRedirectURL. Default: none.
	RedirectURL string
}

// mountTAO serves the endpoints of the PHP system, if they are wanted: their document in one group, everything else in the other.
func (s *Server) mountTAO(open, limited *gin.RouterGroup) error {
	if s.config.TAO.Off {
		return nil
	}
	h, err := tao.New(tao.Config{Files: s.config.Files, Logger: s.config.Logger, RedirectURL: s.config.TAO.RedirectURL})
	if err != nil {
		return fmt.Errorf("api: Config.TAO: %w", err)
	}
	for _, r := range tao.Routes() {
		for _, method := range tao.Methods() {
			limited.Handle(method, r.Path, s.serveTAO(h, r))
		}
	}
	open.GET(tao.DocumentPath, func(c *gin.Context) { c.Data(http.StatusOK, "application/yaml", tao.Document()) })
	return nil
}

// serveTAO returns the handler of an endpoint. It checks who sends the request as serve does; everybody who may use the API may use
// each of them, as all are confined to the visitor's own tasks or to those that the visitor's role may see.
func (s *Server) serveTAO(h *tao.Handler, r tao.Route) gin.HandlerFunc {
	return func(c *gin.Context) {
		if !r.Streams {
			cancel := s.limitTime(c)
			defer cancel()
		}
		v := visitorOf(c)
		err := v.allow(c, auth.Owner)
		if err == nil {
			err = h.Serve(c.Writer, c.Request, r, tao.Visit{Log: s.logOf(v), User: userOrAll(v.Subject)})
		}
		if err == nil {
			return
		}
		s.answerFailure(c, err, func(p *problem) {
			if p.Status == http.StatusServiceUnavailable {
				c.Header("Retry-After", retryAfter)
			}
			if err := h.Fail(c.Writer, c.Request, r, p.Status, p.Detail); err != nil {
				p.write(c)
			}
		})
	}
}
