package httprequest

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// plainHeaders are the request headers that hold no secret. Every other may: X-Api-Key is as much a
// credential as Authorization.
var plainHeaders = []string{
	"Accept", "Accept-Encoding", "Accept-Language", "Cache-Control", "Content-Encoding", "Content-Language",
	"Content-Type", "Idempotency-Key", "If-Match", "If-Modified-Since", "If-None-Match", "If-Unmodified-Since", "User-Agent",
}

func isPlain(header string) bool { return slices.Contains(plainHeaders, header) }

// checkRedirect is the client's http.Client.CheckRedirect.
func (a *action) checkRedirect(req *http.Request, via []*http.Request) error {
	if a.cfg.MaxRedirects < 0 {
		return http.ErrUseLastResponse
	}
	if len(via) > a.cfg.MaxRedirects {
		return fmt.Errorf("more than %d redirects", a.cfg.MaxRedirects)
	}
	if err := a.allowed.check(req.URL); err != nil {
		return fmt.Errorf("redirected from %s: %w", via[len(via)-1].URL.Host, err)
	}
	if via[len(via)-1].URL.Scheme == "https" && req.URL.Scheme == "http" {
		return errors.New("redirected from https to http, which would send the request in the open")
	}
	// net/http names the last URL here, with its query.
	req.Header.Del("Referer")
	// net/http removes Authorization and cookies only, and keeps them for subdomains. Once the
	// request has left the host that the headers were meant for, a way back restores nothing.
	elsewhere := func(r *http.Request) bool { return !sameOrigin(r.URL, via[0].URL) }
	if elsewhere(req) || slices.ContainsFunc(via, elsewhere) {
		for name := range req.Header {
			if !isPlain(name) {
				req.Header.Del(name)
			}
		}
	}
	return nil
}

func sameOrigin(a, b *url.URL) bool {
	return a.Scheme == b.Scheme && strings.EqualFold(a.Host, b.Host)
}
