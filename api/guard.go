package api

import (
	"fmt"
	"net"
	"net/netip"

	"github.com/gin-gonic/gin"
)

// checkHost keeps web pages of other sites from using the API through the browser of somebody who sits at this
// machine, where it may need no authentication.
func (s *Server) checkHost(c *gin.Context) {
	// A site can have its own name resolve to 127.0.0.1 (DNS rebinding). Its requests still bear that name.
	if s.config.Authenticator == nil && !loopbackHost(c.Request.Host) {
		kindWrongHost.problem("Host", fmt.Sprintf("Host is %q; requests must be for localhost or a loopback address", c.Request.Host)).write(c)
	}
}

// loopbackHost reports whether a Host header, with or without port, names this machine.
func loopbackHost(hostPort string) bool {
	host, _, err := net.SplitHostPort(hostPort)
	if err != nil {
		host = hostPort
		if len(host) > 2 && host[0] == '[' && host[len(host)-1] == ']' {
			host = host[1 : len(host)-1]
		}
	}
	if host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}

// checkAddress refuses an address that other machines could reach if those need not say who they are.
func (s *Server) checkAddress(address string) error {
	if _, _, err := net.SplitHostPort(address); err != nil {
		return fmt.Errorf("api: address %q: %w; want HOST:PORT, such as 127.0.0.1:8080", address, err)
	}
	if loopbackHost(address) {
		return nil
	}
	if s.config.Authenticator == nil {
		return fmt.Errorf("api: address %q can be reached from other machines, and the API has no authentication; "+
			"configure api.auth, or listen on 127.0.0.1, [::1] or localhost", address)
	}
	return nil
}

// secure keeps browsers from guessing media types, from showing answers as pages or in frames and from telling other sites where
// they come from, and caches from keeping what changes.
func secure(c *gin.Context) {
	c.Header("X-Content-Type-Options", "nosniff")
	c.Header("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	c.Header("Referrer-Policy", "no-referrer")
	c.Header("Cache-Control", "no-store")
	if c.Request.TLS != nil {
		c.Header("Strict-Transport-Security", "max-age=31536000") // a year
	}
}
