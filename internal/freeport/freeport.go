// Package freeport finds ports for the servers of tests.
package freeport

import (
	"fmt"
	"math/rand/v2"
	"net"
)

// Find returns a free port of the loopback address. It stays free while its server is stopped: it is below those that systems hand out to
// clients, of which those that try to reconnect could be one.
func Find() (int, error) {
	const first, last, tries = 15000, 30000, 100
	var err error
	for range tries {
		var listener net.Listener
		port := first + rand.IntN(last-first) //nolint:gosec // it is no secret
		listener, err = net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err == nil {
			return port, listener.Close()
		}
	}
	return 0, fmt.Errorf("find a free port: %w", err)
}
