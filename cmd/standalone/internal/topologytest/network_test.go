//go:build linux

package topologytest

import (
	"fmt"
	"math/rand/v2"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"
)

// network is a network namespace with a cable to this machine's own.
type network struct {
	host string // this machine's address at its end of the cable
	far  string // the address at the other end

	name   string // of the namespace
	inside string // the end of the cable in there
}

// newNetwork returns nil if this process may not make one.
func newNetwork(t *testing.T) *network {
	t.Helper()
	id, subnet := fmt.Sprintf("%06x", rand.IntN(1<<24)), fmt.Sprintf("10.%d.%d.", 64+rand.IntN(64), rand.IntN(256))
	n := &network{host: subnet + "1", far: subnet + "2", name: "tq" + id, inside: "tqi" + id}
	outside := "tqo" + id
	if out, err := exec.Command("ip", "netns", "add", n.name).CombinedOutput(); err != nil {
		unavailable(t, "a network namespace", fmt.Errorf("%w: %s", err, out))
		return nil
	}
	t.Cleanup(func() { ip(t, "netns", "del", n.name) }) // and the cable with it
	ip(t, "link", "add", outside, "type", "veth", "peer", "name", n.inside, "netns", n.name)
	ip(t, "address", "add", n.host+"/24", "dev", outside)
	ip(t, "link", "set", outside, "up")
	ip(t, "-n", n.name, "address", "add", n.far+"/24", "dev", n.inside)
	ip(t, "-n", n.name, "link", "set", "lo", "up")
	n.mend(t)
	return n
}

// cut loses every packet in both directions, without a word to anybody.
func (n *network) cut(t *testing.T) { ip(t, "-n", n.name, "link", "set", n.inside, "down") }

func (n *network) mend(t *testing.T) { ip(t, "-n", n.name, "link", "set", n.inside, "up") }

// within makes the command run in the namespace.
func (n *network) within(command *exec.Cmd) *exec.Cmd {
	inside := exec.Command("ip", append([]string{"netns", "exec", n.name}, command.Args...)...)
	inside.Env = command.Env
	return inside
}

func ip(t *testing.T, args ...string) {
	t.Helper()
	out, err := exec.Command("ip", args...).CombinedOutput()
	require.NoError(t, err, "ip %q: %s", args, out)
}
