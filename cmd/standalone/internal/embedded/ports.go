package embedded

import (
	"errors"
	"fmt"
	"net"
	"syscall"
)

const maxPort = 65535

// ports are the TCP ports of one server, all different.
type ports struct {
	frontend, history, matching, worker int
	ui                                  int // 0 without a UI
}

// choosePorts picks the ports that are left open and verifies that those the
// caller asked for are free. Temporal and its UI end the whole process when they
// find a port taken, so this must be known before they start.
func choosePorts(config Config) (ports, error) {
	var chosen ports
	wanted := []struct {
		name string
		port int
		into *int
	}{
		{"Temporal", config.FrontendPort, &chosen.frontend},
		{"Web UI", config.UIPort, &chosen.ui},
		{"history service", 0, &chosen.history},
		{"matching service", 0, &chosen.matching},
		{"worker service", 0, &chosen.worker},
	}
	for _, w := range wanted {
		if w.port == NoUI {
			continue
		}
		listener, err := net.Listen("tcp", address(w.port))
		if errors.Is(err, syscall.EADDRINUSE) {
			return ports{}, fmt.Errorf("%s port %d is in use: %w", w.name, w.port, err)
		}
		if err != nil {
			return ports{}, fmt.Errorf("%s port %d cannot be used: %w", w.name, w.port, err)
		}
		// All stay open until the last one is chosen, so that no two are the same.
		defer listener.Close() //nolint:errcheck // nothing was written to it
		*w.into = listener.Addr().(*net.TCPAddr).Port
		if w.port == 0 {
			if err := keepFromReuse(listener); err != nil {
				return ports{}, fmt.Errorf("reserve a port for the %s: %w", w.name, err)
			}
		}
	}
	return chosen, nil
}

// keepFromReuse stops the kernel from giving the listener's port to someone else
// who asks for any free port between now and the moment the server binds it:
// closing an accepted connection from this side leaves the port in TIME_WAIT,
// in which it can be bound by number but is not handed out.
func keepFromReuse(listener net.Listener) error {
	client, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		return err
	}
	accepted, err := listener.Accept()
	if err != nil {
		return errors.Join(err, client.Close())
	}
	return errors.Join(accepted.Close(), client.Close())
}
