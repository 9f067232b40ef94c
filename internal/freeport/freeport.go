// Package freeport finds ports for the servers of tests.
package freeport

import (
	"fmt"
	"math/rand/v2"
	"net"
	"sync/atomic"
)

const first, last = 15000, 30000

// next is the port that is tried next. Processes begin anywhere, and then none is found twice in one.
var next atomic.Int64

func init() { next.Store(rand.Int64N(last - first)) } //nolint:gochecknoinits,gosec // it is no secret

// Find returns a free port of the loopback address. It stays free while its server is stopped: it is below those that systems hand out to
// clients, of which those that try to reconnect could be one.
func Find() (int, error) {
	const tries = 100
	var err error
	for range tries {
		var listener net.Listener
		port := first + int(next.Add(1)%(last-first))
		listener, err = net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err == nil {
			return port, listener.Close()
		}
	}
	return 0, fmt.Errorf("find a free port: %w", err)
}
