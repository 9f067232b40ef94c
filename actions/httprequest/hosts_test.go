package httprequest

import (
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAllowList(t *testing.T) {
	t.Parallel()
	list, err := parseAllowList([]string{
		"api.example.com", "*.example.org", "hooks.example.net:8443", "127.0.0.1:8080", "[::1]:8080", "2001:4860::1", "Bücher.example.",
	})
	require.NoError(t, err)
	for _, tc := range []struct {
		url  string
		want string // "" is allowed
	}{
		{"https://api.example.com/x", ""},
		{"http://API.EXAMPLE.COM.:80/x", ""},
		{"https://api.example.com:443", ""},
		{"https://api.example.com:80", `the host "api.example.com:80" is not allowed`},
		{"https://api.example.com:8443", "is not allowed"},
		{"https://xapi.example.com", "is not allowed"},
		{"https://api.example.com.evil.test", "is not allowed"},
		{"https://evil.test#api.example.com", `"evil.test" is not allowed`},
		{"https://a.example.org", ""},
		{"https://a.b.example.org", ""},
		{"https://example.org", "is not allowed"},
		{"https://evilexample.org", "is not allowed"},
		{"https://a.example.org:8443", "is not allowed"},
		{"https://hooks.example.net:8443", ""},
		{"https://hooks.example.net", "is not allowed"},
		{"http://127.0.0.1:8080", ""},
		{"http://[::ffff:127.0.0.1]:8080", ""},
		{"http://127.0.0.1", "is not allowed"},
		{"http://2130706433:8080", "is not allowed"},
		{"http://[::1]:8080", ""},
		{"http://[0:0::1]:8080", ""},
		{"http://[2001:4860:0::1]/", ""},
		{"https://bücher.example", ""},
		{"https://xn--bcher-kva.example", ""},
		{"ftp://api.example.com", `the URL's scheme is "ftp"; valid are http and https`},
		{"file:///etc/passwd", `the URL's scheme is "file"`},
		{"api.example.com/x", `the URL's scheme is ""`},
		{"http:///x", "the URL has no host"},
		{"https://user:hush@api.example.com", "the URL has a user name or password in it"},
		{"https://api_1.example.com@evil.test", "the URL has a user name"},
	} {
		u, err := url.Parse(tc.url)
		require.NoError(t, err)
		err = list.check(u)
		if tc.want == "" {
			require.NoError(t, err, tc.url)
			continue
		}
		require.ErrorContains(t, err, tc.want, tc.url)
		require.NotContains(t, err.Error(), "hush")
	}
}

func TestAllowListOfNothing(t *testing.T) {
	t.Parallel()
	server := serve(t, ok)
	report, err := configured(t, Config{AllowPrivateNetworks: true}).run(t.Context(), Args{URL: server.URL + "/hush"})
	require.NoError(t, err)
	require.True(t, report.Failed())
	require.Equal(t, "POST "+server.host(t)+` was not sent: the host "`+server.host(t)+
		`" is not allowed; the worker's configuration lists allowed hosts in actions.http.allowedHosts`, report.Message)
	require.Empty(t, server.received())
}

func TestInvalidAllowList(t *testing.T) {
	t.Parallel()
	for _, entry := range []string{
		"", "*", "*.", "a.*.example.com", "https://example.com", "example.com/x", "example.com:", "example.com:99999", "*.127.0.0.1", "user@example.com",
	} {
		_, err := parseAllowList([]string{entry})
		require.ErrorContains(t, err, "actions.http.allowedHosts", "%q", entry)
	}
}
