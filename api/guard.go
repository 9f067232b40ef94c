package api

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"

	"github.com/gin-gonic/gin"
)

// crossOrigin refuses requests that change something and that a browser sends for another site's page.
var crossOrigin = http.NewCrossOriginProtection()

// guard keeps web pages of other sites from using the API through the browser of somebody who sits at this
// machine, where it needs no authentication.
func (s *Server) guard(c *gin.Context) {
	// A site can have its own name resolve to 127.0.0.1 (DNS rebinding). Its requests still bear that name.
	if !loopbackHost(c.Request.Host) {
		kindWrongHost.problem("Host", fmt.Sprintf("Host is %q; requests must be for localhost or a loopback address", c.Request.Host)).write(c)
		return
	}
	if err := crossOrigin.Check(c.Request); err != nil {
		kindForbidden.problem("Origin", err.Error()).write(c)
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

// checkAddress refuses an address that other machines could reach.
func checkAddress(address string) error {
	if _, _, err := net.SplitHostPort(address); err != nil {
		return fmt.Errorf("api: address %q: %w; want HOST:PORT, such as 127.0.0.1:8080", address, err)
	}
	if !loopbackHost(address) {
		return fmt.Errorf("api: address %q can be reached from other machines, and the API has no authentication; listen on 127.0.0.1, [::1] or localhost", address)
	}
	return nil
}

// secure keeps browsers from guessing media types, and caches from keeping what changes.
func secure(c *gin.Context) {
	c.Header("X-Content-Type-Options", "nosniff")
	c.Header("Cache-Control", "no-store")
}
