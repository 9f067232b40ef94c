package httprequest

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"syscall"
	"time"
)

// newTransport returns a transport that connects only to addresses that permit accepts. The
// check is made on the address of the very connection, so a DNS name that changes its answer
// between a check and the call gains nothing.
func newTransport(permit func(netip.Addr) error, resolver *net.Resolver) *http.Transport {
	dialer := &net.Dialer{
		Timeout:  10 * time.Second,
		Resolver: resolver,
		ControlContext: func(_ context.Context, network, address string, _ syscall.RawConn) error {
			if !strings.HasPrefix(network, "tcp") {
				return fmt.Errorf("refuse a connection by %s", network)
			}
			to, err := netip.ParseAddrPort(address)
			if err != nil {
				return fmt.Errorf("parse address %q: %w", address, err)
			}
			return permit(to.Addr())
		},
	}
	return &http.Transport{
		// A proxy would make the connection, and its checks, in our place.
		Proxy:             nil,
		DialContext:       dialer.DialContext,
		ForceAttemptHTTP2: true,
		// A connection left open may be closed by the server at any time, and a call that meets
		// this fails although nothing is wrong. A task runs once, so each call has its own connection.
		DisableKeepAlives:      true,
		TLSHandshakeTimeout:    10 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
	}
}
