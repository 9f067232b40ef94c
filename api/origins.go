package api

import (
	"fmt"
	"net/http"

	"github.com/gin-gonic/gin"
	"github.com/rs/cors"
)

// origins says which web sites' pages may use the API through a browser: those of Config.AllowedOrigins, and its own.
type origins struct {
	changes *http.CrossOriginProtection
	cors    *cors.Cors // nil: no other site may
}

func newOrigins(allowed []string) (origins, error) {
	o := origins{changes: http.NewCrossOriginProtection()}
	for _, origin := range allowed {
		if err := o.changes.AddTrustedOrigin(origin); err != nil {
			return origins{}, fmt.Errorf("api: allowed origin %q: %w; want SCHEME://HOST or SCHEME://HOST:PORT", origin, err)
		}
	}
	if len(allowed) > 0 {
		o.cors = cors.New(cors.Options{
			AllowedOrigins: allowed,
			AllowedMethods: []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodDelete},
			AllowedHeaders: []string{"Authorization", keyHeader, "Content-Type", "Range", "Traceparent", "Tracestate", "X-Requested-With",
				idempotencyHeader, "If-Match", "If-None-Match", "If-Range", "Last-Event-ID"},
			ExposedHeaders: []string{"Accept-Ranges", "Content-Disposition", "Content-Range", "ETag", "Link", "Location", "Retry-After", "WWW-Authenticate"},
			MaxAge:         600,
		})
	}
	return o, nil
}

// crossOrigin answers browsers that ask what pages of other sites may do, and refuses what those may not.
func (s *Server) crossOrigin(c *gin.Context) {
	if s.origins.cors != nil {
		s.origins.cors.HandlerFunc(c.Writer, c.Request)
		if c.Request.Method == http.MethodOptions && c.GetHeader("Access-Control-Request-Method") != "" {
			c.Abort()
			return
		}
	}
	if err := s.origins.changes.Check(c.Request); err != nil {
		kindForbidden.problem("Origin", err.Error()).write(c)
	}
}
