package httprequest

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/dns/dnsmessage"
)

// recorder is a server that keeps what it was asked.
type recorder struct {
	*httptest.Server
	mu       sync.Mutex
	requests []*http.Request
}

func (r *recorder) received() []*http.Request {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]*http.Request(nil), r.requests...)
}

func (r *recorder) host(t *testing.T) string {
	t.Helper()
	u, err := url.Parse(r.URL)
	require.NoError(t, err)
	return u.Host
}

// port is the server's, for other names and addresses of this machine.
func (r *recorder) port(t *testing.T) string {
	t.Helper()
	_, port, err := net.SplitHostPort(r.host(t))
	require.NoError(t, err)
	return port
}

func serve(t *testing.T, handler http.HandlerFunc) *recorder {
	t.Helper()
	return serveOn(t, "127.0.0.1:0", handler)
}

func serveOn(t *testing.T, address string, handler http.HandlerFunc) *recorder {
	t.Helper()
	listener, err := net.Listen("tcp", address)
	require.NoError(t, err)
	r := &recorder{}
	r.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		r.mu.Lock()
		r.requests = append(r.requests, req.Clone(context.WithoutCancel(req.Context())))
		r.mu.Unlock()
		handler(w, req)
	}))
	require.NoError(t, r.Listener.Close())
	r.Listener = listener
	r.Start()
	t.Cleanup(r.Close)
	return r
}

func ok(http.ResponseWriter, *http.Request) {}

// open returns the action for a server on this machine.
func open(t *testing.T, hosts ...string) *action {
	t.Helper()
	return configured(t, Config{AllowedHosts: hosts, AllowPrivateNetworks: true})
}

func configured(t *testing.T, cfg Config) *action {
	t.Helper()
	a, err := newAction(cfg, nil)
	require.NoError(t, err)
	return a
}

// onlyFirstLoopback stands for the rule of public addresses where no public server can be had: 127.0.0.1
// plays the Internet, every other address a private network.
func onlyFirstLoopback(addr netip.Addr) error {
	if addr == netip.MustParseAddr("127.0.0.1") {
		return nil
	}
	return publicOnly(addr)
}

// nameServer answers every question for an IPv4 address with what answer returns.
func nameServer(t *testing.T, answer func(name string) []netip.Addr) *net.Resolver {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	require.NoError(t, err)
	done := make(chan struct{})
	t.Cleanup(func() { _ = conn.Close(); <-done })
	go func() {
		defer close(done)
		buf := make([]byte, 1024)
		for {
			n, from, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			reply, err := dnsReply(buf[:n], answer)
			if err != nil {
				t.Errorf("name server: %v", err)
				return
			}
			if _, err := conn.WriteTo(reply, from); err != nil {
				return
			}
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
}

func dnsReply(query []byte, answer func(name string) []netip.Addr) ([]byte, error) {
	var m dnsmessage.Message
	if err := m.Unpack(query); err != nil {
		return nil, err
	}
	if len(m.Questions) != 1 {
		return nil, fmt.Errorf("%d questions", len(m.Questions))
	}
	q := m.Questions[0]
	reply := dnsmessage.Message{
		Header:    dnsmessage.Header{ID: m.ID, Response: true, Authoritative: true, RecursionAvailable: true},
		Questions: m.Questions,
	}
	if q.Type == dnsmessage.TypeA {
		for _, addr := range answer(q.Name.String()) {
			reply.Answers = append(reply.Answers, dnsmessage.Resource{
				Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class},
				Body:   &dnsmessage.AResource{A: addr.As4()},
			})
		}
	}
	return reply.Pack()
}

func rawJSON(t *testing.T, v any) json.RawMessage {
	t.Helper()
	raw, err := json.Marshal(v)
	require.NoError(t, err)
	return raw
}
