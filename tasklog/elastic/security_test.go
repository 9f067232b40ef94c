package elastic_test

import (
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/distributed-task-queue/taskqueue/tasklog"
	"github.com/distributed-task-queue/taskqueue/tasklog/elastic"
)

const (
	password = "pa55:word/é"
	apiKey   = "c2VjcmV0LWtleQ=="
)

// secured puts TLS and a check of credentials before the server, which has them in modules that the tests' one may lack. It
// returns how to connect, without credentials.
func secured(t *testing.T) elastic.Connection {
	t.Helper()
	c := connection()
	target, err := url.Parse(c.Addresses[0])
	require.NoError(t, err)
	proxy := httputil.NewSingleHostReverseProxy(target)
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name, given, _ := r.BasicAuth()
		scheme, key, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		if (name != "reader" || given != password) && (!strings.EqualFold(scheme, "ApiKey") || key != apiKey) {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("X-Elastic-Product", "Elasticsearch")
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = w.Write([]byte(`{"error":{"type":"security_exception","reason":"unable to authenticate user"},"status":401}`))
			return
		}
		r.Header.Del("Authorization")
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	c.Addresses = []string{server.URL}
	c.CAFile = filepath.Join(t.TempDir(), "ca.pem")
	block := &pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}
	require.NoError(t, os.WriteFile(c.CAFile, pem.EncodeToMemory(block), 0o600))
	return c
}

func TestCredentials(t *testing.T) {
	t.Parallel()
	server := secured(t)
	for name, tt := range map[string]struct {
		change func(*elastic.Connection)
		want   string // part of the error
	}{
		"user and password": {func(c *elastic.Connection) { c.Username, c.Password = "reader", password }, ""},
		"API key":           {func(c *elastic.Connection) { c.APIKey = apiKey }, ""},
		"none":              {func(*elastic.Connection) {}, "refuses the credentials; check username and password, or apiKey"},
		"wrong password":    {func(c *elastic.Connection) { c.Username, c.Password = "reader", password+"!" }, "refuses the credentials"},
		"wrong key":         {func(c *elastic.Connection) { c.APIKey = "wrong" + apiKey }, "refuses the credentials"},
		"unknown authority": {func(c *elastic.Connection) { c.APIKey, c.CAFile = apiKey, "" }, "the certificate of the server is not accepted; check caFile"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := server
			tt.change(&c)
			engine, err := elastic.Open(t.Context(), elastic.Config{Connection: c, NamespaceID: namespaceID})
			require.NoError(t, err)
			_, err = engine.Count(t.Context(), tasklog.NewFilter())
			if tt.want == "" {
				require.NoError(t, err)
				return
			}
			var unusable *elastic.UnusableError
			require.ErrorAs(t, err, &unusable)
			require.ErrorContains(t, err, tt.want)
			require.NotContains(t, err.Error(), password)
			require.NotContains(t, err.Error(), apiKey)
		})
	}
}

func TestAWrongConnectionIsNamedWithoutItsSecrets(t *testing.T) {
	t.Parallel()
	good := elastic.Connection{Addresses: []string{"http://127.0.0.1:9200"}}
	for want, change := range map[string]func(*elastic.Connection){
		"addresses are empty":                        func(c *elastic.Connection) { c.Addresses = nil },
		"addresses[0] holds credentials":             func(c *elastic.Connection) { c.Addresses = []string{"http://u:" + apiKey + "@h:1"} },
		"addresses[1] is not a URL":                  func(c *elastic.Connection) { c.Addresses = append(c.Addresses, "http://u:"+apiKey+"@h:port") },
		"addresses[0] is not a URL; it must be like": func(c *elastic.Connection) { c.Addresses = []string{"user:" + apiKey + "@h:9200"} },
		"addresses[0] has more than scheme":          func(c *elastic.Connection) { c.Addresses = []string{"http://h:9200/?api_key=" + apiKey} },
		`addresses[0] is not a URL`:                  func(c *elastic.Connection) { c.Addresses = []string{"localhost:9200"} },
		`index is "a,b"`:                             func(c *elastic.Connection) { c.Index = "a,b" },
		"apiKey and username are both set":           func(c *elastic.Connection) { c.APIKey, c.Username = apiKey, "u" },
		"password is set, but username is not":       func(c *elastic.Connection) { c.Password = apiKey },
		"timeout is -1s":                             func(c *elastic.Connection) { c.Timeout = -time.Second },
		"read caFile":                                func(c *elastic.Connection) { c.CAFile = filepath.Join(t.TempDir(), "none") },
	} {
		c := good
		change(&c)
		_, err := elastic.Open(t.Context(), elastic.Config{Connection: c, NamespaceID: namespaceID})
		require.ErrorContains(t, err, want)
		require.NotContains(t, err.Error(), apiKey)
	}
}

func TestAServerThatDoesNotAnswerIsUnavailable(t *testing.T) {
	t.Parallel()
	c := elastic.Connection{Addresses: []string{"http://127.0.0.1:1"}, Index: "none"}
	_, err := openOwn(t, c).Search(t.Context(), tasklog.NewFilter())
	var unavailable *tasklog.UnavailableError
	require.ErrorAs(t, err, &unavailable)
	require.ErrorContains(t, err, `the task log's index "none" at http://127.0.0.1:1 is not available, try again later`)

	// Nor is one that takes the request and says nothing.
	silent := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	t.Cleanup(silent.Close)
	c.Addresses, c.Timeout = []string{silent.URL}, 50*time.Millisecond
	_, err = openOwn(t, c).Search(t.Context(), tasklog.NewFilter())
	require.ErrorAs(t, err, &unavailable)
}
