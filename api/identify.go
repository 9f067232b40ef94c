package api

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/distributed-task-queue/taskqueue/api/auth"
)

const (
	// keyHeader may hold an API key in place of Authorization.
	keyHeader = "X-Api-Key"
	// challenge asks for credentials (RFC 6750).
	challenge = `Bearer realm="taskqueue"`
)

// visitor is what is known of who sends a request.
type visitor struct {
	auth.Identity // its Role is Anonymous if there are no credentials, or refused ones

	refused *problem // what is wrong with the credentials
}

// visitorKey is where a gin.Context has the visitor.
const visitorKey = "visitor"

// visitorOf returns who sends the request.
func visitorOf(c *gin.Context) visitor {
	v, _ := c.MustGet(visitorKey).(visitor)
	return v
}

// subjectOf returns who sends the request, for the log; it may not have got as far as to be known.
func subjectOf(c *gin.Context) string {
	v, _ := c.Value(visitorKey).(visitor)
	return v.Subject
}

// identify finds out who sends the request. Whether they may is for their route to say.
func (s *Server) identify(c *gin.Context) {
	if s.config.Authenticator == nil { // only this machine can reach the server
		c.Set(visitorKey, visitor{Identity: auth.Identity{Role: auth.Admin}})
		return
	}
	v, err := s.authenticate(c)
	if err != nil { // what cannot be checked opens nothing
		s.fail(c, err)
		return
	}
	c.Set(visitorKey, v)
}

// stillWelcome returns an error unless the visitor, who may have come long ago, would be the same to a request of now: keys are revoked,
// tokens expire.
func (s *Server) stillWelcome(c *call) error {
	if s.config.Authenticator == nil {
		return nil
	}
	v, err := s.authenticate(c.Context)
	if err != nil || v.Identity == c.visitor.Identity {
		return err
	}
	if err := v.allow(c.Context, c.visitor.Role); err != nil {
		return err
	}
	return kindUnauthenticated.problem("", "the credentials mean another identity or role since the request came; send it again")
}

// authenticate returns whose credentials the request has.
func (s *Server) authenticate(c *gin.Context) (visitor, error) {
	v := visitor{Identity: auth.Identity{Role: auth.Anonymous}}
	credential, err := credentialOf(c)
	if err == nil && credential != "" {
		v.Identity, err = s.config.Authenticator.Authenticate(c.Request.Context(), credential)
	}
	if refused, ok := errors.AsType[*auth.RefusedError](err); ok {
		s.config.Logger.LogAttrs(c.Request.Context(), slog.LevelInfo, "credentials are refused",
			slog.String("path", c.Request.URL.Path), slog.String("address", c.ClientIP()), slog.Any("error", err))
		v = visitor{Identity: auth.Identity{Role: auth.Anonymous}, refused: kindUnauthenticated.problem("", refused.Reason)}
	} else if err != nil {
		return visitor{}, fmt.Errorf("authenticate: %w", err)
	}
	return v, nil
}

// getIdentity tells the visitor who they are, so that programs can offer only what they may do.
func (s *Server) getIdentity(c *call) error {
	c.JSON(http.StatusOK, struct {
		Subject       string    `json:"subject"`
		Role          auth.Role `json:"role"`
		Authenticated bool      `json:"authenticated"`
	}{c.visitor.Subject, c.visitor.Role, s.config.Authenticator != nil})
	return nil
}

// credentialOf returns the one credential of the request, "" if it has none.
func credentialOf(c *gin.Context) (string, error) {
	bearers, keys := c.Request.Header.Values("Authorization"), c.Request.Header.Values(keyHeader)
	switch {
	case len(bearers)+len(keys) == 0:
		return "", nil
	case len(bearers)+len(keys) > 1:
		return "", &auth.RefusedError{Reason: "there is more than one credential; give either Authorization or X-API-Key, once"}
	case len(keys) == 1:
		return keys[0], nil
	}
	scheme, credential, _ := strings.Cut(bearers[0], " ")
	if credential = strings.TrimSpace(credential); !strings.EqualFold(scheme, "Bearer") || credential == "" {
		return "", &auth.RefusedError{Reason: "the header Authorization must be: Bearer, a space, and an API key or a token"}
	}
	return credential, nil
}

// allow returns a problem if the visitor's role is less than what the route needs.
func (v visitor) allow(c *gin.Context, needs auth.Role) error {
	switch {
	case v.Role >= needs:
		return nil
	case v.refused != nil:
		c.Header("WWW-Authenticate", challenge+`, error="invalid_token"`)
		return v.refused
	case v.Role == auth.Anonymous:
		c.Header("WWW-Authenticate", challenge)
		return kindUnauthenticated.problem("", "send an API key or a token: Authorization: Bearer …, or an API key as X-API-Key")
	default:
		return kindRole.problem("", fmt.Sprintf("this needs the role %s; %q has the role %s", needs, v.Subject, v.Role))
	}
}
