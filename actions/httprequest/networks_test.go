package httprequest

import (
	"net/http"
	"net/netip"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPublicOnly(t *testing.T) {
	t.Parallel()
	for _, public := range []string{"8.8.8.8", "1.1.1.1", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "2001:4860:4860::8888", "::ffff:8.8.8.8"} {
		require.NoError(t, publicOnly(netip.MustParseAddr(public)))
	}
	for _, private := range []string{
		"0.0.0.0", "10.1.2.3", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.8.9.10", "169.254.169.254", "168.63.129.16", "172.16.0.1",
		"172.31.255.255", "192.0.0.192", "192.168.1.1", "198.18.0.1", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255",
		"::", "::1", "::ffff:127.0.0.1", "::127.0.0.1", "::ffff:10.0.0.1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "ff02::1",
		"64:ff9b::7f00:1", "2002:7f00:1::", "2001::1", "2001:db8::1",
	} {
		require.ErrorContains(t, publicOnly(netip.MustParseAddr(private)), "is not a public one", private)
	}
}

func TestPrivateNetworkIsRefused(t *testing.T) {
	t.Parallel()
	server := serve(t, ok)
	a := configured(t, Config{AllowedHosts: []string{server.host(t), "localhost:" + server.port(t)}})
	for _, host := range []string{server.host(t), "localhost:" + server.port(t)} {
		report, err := a.run(t.Context(), Args{URL: "http://" + host})
		require.NoError(t, err)
		require.True(t, report.Failed())
		require.Contains(t, report.Message, "is not a public one; actions.http.allowPrivateNetworks would allow it")
	}
	require.Empty(t, server.received())
}

// A name that is allowed may point anywhere: to a private address only, or to one among others.
func TestNameOfPrivateAddress(t *testing.T) {
	t.Parallel()
	server := serve(t, ok)
	host := "hooks.example.com:" + server.port(t)
	resolver := nameServer(t, func(string) []netip.Addr {
		return []netip.Addr{netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("169.254.169.254")}
	})

	a, err := newAction(Config{AllowedHosts: []string{host}}, resolver)
	require.NoError(t, err)
	report, err := a.run(t.Context(), Args{URL: "http://" + host})
	require.NoError(t, err)
	require.Contains(t, report.Message, "is not a public one")
	require.Empty(t, server.received())

	a, err = newAction(Config{AllowedHosts: []string{host}, AllowPrivateNetworks: true}, resolver)
	require.NoError(t, err)
	report, err = a.run(t.Context(), Args{URL: "http://" + host})
	require.NoError(t, err)
	require.False(t, report.Failed(), report.String())
	require.Equal(t, host, server.received()[0].Host)
}

// The name answers with a public address when the call starts, and with a private one when the
// redirect comes back to it.
func TestRebinding(t *testing.T) {
	t.Parallel()
	public := serve(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/secret", http.StatusTemporaryRedirect)
	})
	private := serveOn(t, "127.0.0.2:"+public.port(t), ok)
	host := "hooks.example.com:" + public.port(t)

	var questions atomic.Int32
	a, err := newAction(Config{AllowedHosts: []string{host}}, nameServer(t, func(string) []netip.Addr {
		if questions.Add(1) == 1 {
			return []netip.Addr{netip.MustParseAddr("127.0.0.1")}
		}
		return []netip.Addr{netip.MustParseAddr("127.0.0.2")}
	}))
	require.NoError(t, err)
	a.permit = onlyFirstLoopback

	report, err := a.run(t.Context(), Args{URL: "http://" + host})
	require.NoError(t, err)
	require.Contains(t, report.Message, "the address 127.0.0.2 is not a public one")
	require.Len(t, public.received(), 1)
	require.Empty(t, private.received())
	require.EqualValues(t, 2, questions.Load())

	// With another rule the same call arrives: so it was the rule that stopped it.
	questions.Store(0)
	a.permit = anyAddress
	report, err = a.run(t.Context(), Args{URL: "http://" + host})
	require.NoError(t, err)
	require.False(t, report.Failed(), report.String())
	require.Len(t, private.received(), 1)
}

func TestRedirectIntoPrivateNetwork(t *testing.T) {
	t.Parallel()
	private := serveOn(t, "127.0.0.2:0", ok)
	public := serve(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, private.URL, http.StatusFound) })
	a := configured(t, Config{AllowedHosts: []string{public.host(t), private.host(t)}})
	a.permit = onlyFirstLoopback

	report, err := a.run(t.Context(), Args{URL: public.URL})
	require.NoError(t, err)
	require.Contains(t, report.Message, "the address 127.0.0.2 is not a public one")
	require.Empty(t, private.received())
}

func TestReservedNetworksAreCanonical(t *testing.T) {
	t.Parallel()
	require.False(t, slices.ContainsFunc(reserved, func(p netip.Prefix) bool { return p != p.Masked() }))
}
