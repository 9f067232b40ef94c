package httprequest

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRedirectIsCheckedAgainstTheAllowList(t *testing.T) {
	t.Parallel()
	other := serve(t, ok)
	first := serve(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.URL+"/hush", http.StatusFound)
	})
	report, err := open(t, first.host(t)).run(t.Context(), Args{URL: first.URL})
	require.NoError(t, err)
	require.Contains(t, report.Message, `redirected from `+first.host(t)+`: the host "`+other.host(t)+`" is not allowed`)
	require.NotContains(t, report.Message, "hush")
	require.Empty(t, other.received())
}

func TestRedirectToOtherScheme(t *testing.T) {
	t.Parallel()
	for location, want := range map[string]string{
		"file:///etc/passwd":            `the URL's scheme is "file"`,
		"http://user:pw@127.0.0.1:1/":   "the URL has a user name or password in it",
		"gopher://127.0.0.1:1/_x":       `the URL's scheme is "gopher"`,
		"http://metadata.example.com/x": `the host "metadata.example.com" is not allowed`,
	} {
		server := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", location)
			w.WriteHeader(http.StatusSeeOther)
		})
		report, err := open(t, server.host(t)).run(t.Context(), Args{URL: server.URL})
		require.NoError(t, err)
		require.True(t, report.Failed())
		require.Contains(t, report.Message, want)
	}
}

// Headers are meant for the host that the task names. A host that it redirects to gets none
// that may be a credential, not even after a way back.
func TestCredentialsStayWithTheirHost(t *testing.T) {
	t.Parallel()
	var first, other *recorder
	first = serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/start":
			http.Redirect(w, r, "/same", http.StatusTemporaryRedirect)
		case "/same":
			http.Redirect(w, r, other.URL+"/other", http.StatusTemporaryRedirect)
		}
	})
	other = serve(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, first.URL+"/back", http.StatusTemporaryRedirect)
	})
	report, err := open(t, first.host(t), other.host(t)).run(t.Context(), Args{
		URL:  first.URL + "/start?token=hush",
		Body: []byte(`{"a":1}`),
		Headers: map[string]string{
			"Authorization": "Bearer hush", "Cookie": "a=hush", "X-Api-Key": "hush", "Accept": "text/plain", "Idempotency-Key": "k",
		},
	})
	require.NoError(t, err)
	require.False(t, report.Failed(), report.String())

	requests := slices.Concat(first.received()[:2], other.received(), first.received()[2:])
	require.Len(t, requests, 4)
	for i, r := range requests {
		require.Equal(t, http.MethodPost, r.Method)
		require.Equal(t, "text/plain", r.Header.Get("Accept"))
		require.Equal(t, "k", r.Header.Get("Idempotency-Key"))
		require.Equal(t, "application/json", r.Header.Get("Content-Type"))
		require.Empty(t, r.Header.Get("Referer"))
		for _, name := range []string{"Authorization", "Cookie", "X-Api-Key"} {
			require.Equal(t, i < 2, r.Header.Get(name) != "", "%s at %s", name, r.URL)
		}
	}
}

func TestNumberOfRedirects(t *testing.T) {
	t.Parallel()
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if len(r.URL.Path) < len("/xxx") {
			http.Redirect(w, r, r.URL.Path+"x", http.StatusFound)
		}
	})
	for _, tc := range []struct {
		max, requests int
		want          string
	}{
		{3, 4, "answered with status 200 OK"},
		{2, 3, "failed: more than 2 redirects"},
		{-1, 1, "answered with status 302 Found"},
	} {
		before := len(server.received())
		a := configured(t, Config{AllowedHosts: []string{server.host(t)}, AllowPrivateNetworks: true, MaxRedirects: tc.max})
		report, err := a.run(t.Context(), Args{URL: server.URL + "/"})
		require.NoError(t, err)
		require.True(t, strings.HasSuffix(report.Message, tc.want), report.Message)
		require.Len(t, server.received(), before+tc.requests)
	}
}
