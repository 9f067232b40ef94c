package api_test

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/distributed-task-queue/taskqueue"
	"github.com/distributed-task-queue/taskqueue/api"
	"github.com/distributed-task-queue/taskqueue/api/auth"
	"github.com/distributed-task-queue/taskqueue/internal/temporaltest"
)

func TestEveryAnswerHasSecurityHeaders(t *testing.T) {
	t.Parallel()
	g := setupGuarded(t)
	for _, path := range []string{"/healthz", "/api/v1/tasks", "/api/v1/nope", "/openapi.yaml"} {
		for _, who := range []string{nobody, g.ana} {
			h := g.as(who, http.MethodGet, path, nil).Header
			require.Equal(t, "nosniff", h.Get("X-Content-Type-Options"), path)
			require.Equal(t, "default-src 'none'; frame-ancestors 'none'", h.Get("Content-Security-Policy"), path)
			require.Equal(t, "no-referrer", h.Get("Referrer-Policy"), path)
			require.Equal(t, "no-store", h.Get("Cache-Control"), path)
			require.Empty(t, h.Get("Strict-Transport-Security"), "it means nothing without TLS")
			require.Empty(t, h.Get("Access-Control-Allow-Origin"))
		}
	}
}

func TestOtherSitesMayUseTheAPIOnlyIfAllowed(t *testing.T) {
	t.Parallel()
	const site = "https://app.example.com"
	closed := setupGuarded(t)
	preflight := []string{"Origin", site, "Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "authorization,content-type"}
	require.Equal(t, http.StatusMethodNotAllowed, closed.do(http.MethodOptions, "/api/v1/tasks", nil, preflight...).StatusCode, "off by default")
	readProblem(t, closed.as(closed.ana, http.MethodPost, "/api/v1/tasks", `{"action":"echo"}`, "Origin", site), forbidden)

	g := setupGuardedWith(t, api.Config{AllowedOrigins: []string{site}})
	a := g.do(http.MethodOptions, "/api/v1/tasks", nil, preflight...)
	require.Equal(t, http.StatusNoContent, a.StatusCode)
	require.Equal(t, site, a.Header.Get("Access-Control-Allow-Origin"))
	require.Equal(t, "POST", a.Header.Get("Access-Control-Allow-Methods"))
	require.Empty(t, a.Header.Get("Access-Control-Allow-Credentials"))
	a = g.as(g.ana, http.MethodPost, "/api/v1/tasks", `{"action":"echo"}`, "Origin", site, "Sec-Fetch-Site", "cross-site")
	require.Equal(t, created, a.StatusCode, "%s", a.body)
	require.Equal(t, site, a.Header.Get("Access-Control-Allow-Origin"))
	require.Equal(t, 401, g.do(http.MethodGet, "/api/v1/tasks", nil, "Origin", site).StatusCode, "it still needs credentials")

	preflight[1] = "https://evil.example.com"
	require.Empty(t, g.do(http.MethodOptions, "/api/v1/tasks", nil, preflight...).Header.Get("Access-Control-Allow-Origin"))
	readProblem(t, g.as(g.ana, http.MethodPost, "/api/v1/tasks", `{"action":"echo"}`, "Origin", "https://evil.example.com"), forbidden)
	require.Empty(t, g.as(g.ana, http.MethodGet, "/api/v1/tasks", nil, "Origin", "https://evil.example.com").Header.Get("Access-Control-Allow-Origin"))
	for _, origin := range []string{"*", "app.example.com", "https://app.example.com/path"} {
		_, err := api.New(api.Config{Client: g.client, AllowedOrigins: []string{origin}})
		require.ErrorContains(t, err, "SCHEME://HOST", origin)
	}
}

func TestTooManyRequests(t *testing.T) {
	t.Parallel()
	g := setupGuardedWith(t, api.Config{Limits: api.Limits{RequestsPerSecond: 0.01, Burst: 3}})
	limited := func(who string) int {
		t.Helper()
		for n := range 10 {
			a := g.as(who, http.MethodGet, "/api/v1/actions", nil)
			if a.StatusCode == http.StatusTooManyRequests {
				require.Equal(t, "urn:taskqueue:problem:too-many-requests", readProblem(t, a, http.StatusTooManyRequests).Type)
				seconds, err := strconv.Atoi(a.Header.Get("Retry-After"))
				require.NoError(t, err)
				require.InDelta(t, 95, seconds, 5)
				return n
			}
		}
		return -1
	}
	require.Equal(t, 3, limited(g.ana))
	require.Equal(t, 3, limited(g.ben), "everybody has a limit of their own")
	require.Equal(t, 3, limited(wrong), "whose credentials are refused are limited by address")
	require.Equal(t, 0, limited(nobody), "which is the same one")
	undocumented := func(path string) int { // which is nothing for checking
		t.Helper()
		response, err := http.Get(g.url + path) //nolint:noctx // a test
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		return response.StatusCode
	}
	require.Equal(t, http.StatusTooManyRequests, undocumented("/api/v1/nope"))
	for range 5 {
		for _, path := range []string{"/", "/assets/settings.json", "/healthz", "/readyz", "/openapi.yaml", "/openapi-tao.yaml"} {
			require.Equal(t, http.StatusOK, undocumented(path), "%s needs no credentials, and has no limit", path)
		}
	}
	_, err := api.New(api.Config{Client: g.client, Limits: api.Limits{RequestsPerSecond: -1}})
	require.ErrorContains(t, err, "requestsPerSecond is -1")
	_, err = api.New(api.Config{Client: g.client, TrustedProxies: []string{"proxy.example"}})
	require.ErrorContains(t, err, "TrustedProxies")
	require.ErrorContains(t, err, "proxy.example")

	open := setup(t)
	for range 3 * api.DefaultBurst {
		require.Equal(t, http.StatusOK, open.do(http.MethodGet, "/api/v1/actions", nil).StatusCode, "without authentication there is no limit")
	}
}

// Behind a proxy everybody has its address, unless it is trusted to say whose the request is.
func TestAddressesBehindAProxy(t *testing.T) {
	t.Parallel()
	limits := api.Limits{RequestsPerSecond: 0.01, Burst: 1}
	const first, second = "192.0.2.1", "192.0.2.2"
	for name, c := range map[string]struct {
		trusted []string
		from    []string // X-Forwarded-For of the requests
		status  []int
	}{
		"trusted":     {[]string{"127.0.0.0/8"}, []string{first, second, first, "192.0.2.3, " + second}, []int{401, 401, 429, 429}},
		"not trusted": {nil, []string{first, second}, []int{401, 429}},
		"others are":  {[]string{"10.0.0.1"}, []string{first, second}, []int{401, 429}},
	} {
		g := setupGuardedWith(t, api.Config{Limits: limits, TrustedProxies: c.trusted})
		for i, from := range c.from {
			require.Equal(t, c.status[i], g.do(http.MethodGet, "/api/v1/actions", nil, "X-Forwarded-For", from).StatusCode, "%s: %d", name, i)
		}
	}
}

// failing cannot find out who anybody is.
type failing struct{}

func (failing) Authenticate(context.Context, string) (auth.Identity, error) {
	return auth.Identity{Subject: "secret", Role: auth.Admin}, errors.New("secret of the key file")
}

func TestWhatCannotBeCheckedOpensNothing(t *testing.T) {
	t.Parallel()
	dead, err := client.NewLazyClient(client.Options{HostPort: "127.0.0.1:1"})
	require.NoError(t, err)
	t.Cleanup(dead.Close)
	b := setupWith(t, taskqueue.Config{Temporal: dead}, api.Config{
		Authenticator: failing{}, Logger: slog.New(slog.DiscardHandler), Timeout: 300 * time.Millisecond,
	})
	a := b.do(http.MethodGet, "/api/v1/actions", nil, "Authorization", "Bearer x")
	readProblem(t, a, http.StatusInternalServerError)
	require.NotContains(t, string(a.body), "secret")
	p := readProblem(t, b.do(http.MethodGet, "/readyz", nil), http.StatusServiceUnavailable)
	require.NotContains(t, p.Detail, "127.0.0.1:1", "strangers are not told of the server's inside")
}

// serve runs a server on an address that other machines can reach, and returns its port.
func serve(t *testing.T, config api.Config) string {
	t.Helper()
	c, err := client.NewLazyClient(client.Options{HostPort: "127.0.0.1:1"})
	require.NoError(t, err)
	t.Cleanup(c.Close)
	config.Client, err = taskqueue.New(taskqueue.Config{Temporal: c})
	require.NoError(t, err)
	if config.Logger == nil {
		config.Logger = temporaltest.Logger(t)
	}
	server, err := api.New(config)
	require.NoError(t, err)
	listener, err := net.Listen("tcp", "0.0.0.0:0")
	require.NoError(t, err)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(ctx, listener) }()
	t.Cleanup(func() {
		stop()
		require.NoError(t, <-ended)
	})
	_, port, err := net.SplitHostPort(listener.Addr().String())
	require.NoError(t, err)
	return port
}

// logLines is where a logger may write while a test reads.
type logLines chan string

func (l logLines) Write(line []byte) (int, error) {
	select {
	case l <- string(line):
	default: // nobody waits for so many
	}
	return len(line), nil
}

func TestAnyAddressWithAuthentication(t *testing.T) {
	t.Parallel()
	log := make(logLines, 1)
	port := serve(t, api.Config{Authenticator: failing{}, Logger: slog.New(slog.NewTextHandler(log, nil))})
	response, err := http.Get("http://127.0.0.1:" + port + "/healthz") //nolint:noctx // a test
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Equal(t, ok, response.StatusCode)
	require.Contains(t, <-log, "unencrypted")
}

func TestTLS(t *testing.T) {
	t.Parallel()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "tasks.example.com"}, NotAfter: time.Now().Add(time.Hour), DNSNames: []string{"tasks.example.com"},
	}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(t, err)
	parsed, err := x509.ParseCertificate(certificate)
	require.NoError(t, err)
	port := serve(t, api.Config{
		Authenticator: failing{}, TLS: &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{{Certificate: [][]byte{certificate}, PrivateKey: key}}},
	})
	roots := x509.NewCertPool()
	roots.AddCert(parsed)
	secure := &http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: roots, ServerName: "tasks.example.com"}, ForceAttemptHTTP2: true, DisableKeepAlives: true,
	}}
	response, err := secure.Get("https://127.0.0.1:" + port + "/healthz") //nolint:noctx // a test
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Equal(t, ok, response.StatusCode)
	require.Equal(t, "max-age=31536000", response.Header.Get("Strict-Transport-Security"))
	require.Equal(t, 2, response.ProtoMajor)
}

// A client that announces a body and does not send it is answered all the same, and the connection of one who is patient lives on.
func TestConnectionsLiveOnAfterDeadlines(t *testing.T) {
	t.Parallel()
	g := setupGuarded(t)
	connection, err := net.Dial("tcp", strings.TrimPrefix(g.url, "http://"))
	require.NoError(t, err)
	defer connection.Close()
	reader := bufio.NewReader(connection)
	for _, request := range []string{
		"POST /api/v1/datatable HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nX-API-Key: %s\r\nContent-Length: 10\r\n\r\n{\"rows\":10",
		"POST /api/v1/datatable HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nX-API-Key: %s\r\nContent-Length: 11\r\n\r\n{\"rows\":10}",
		"GET /api/v1/actions HTTP/1.1\r\nHost: x\r\nX-API-Key: %s\r\n\r\n",
	} {
		_, err = fmt.Fprintf(connection, request, g.credential[g.ana])
		require.NoError(t, err)
		response, err := http.ReadResponse(reader, nil)
		require.NoError(t, err)
		_, err = bufio.NewReader(response.Body).WriteTo(&strings.Builder{})
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
	}
	_, err = fmt.Fprint(connection, "POST /api/v1/tasks HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n")
	require.NoError(t, err)
	response, err := http.ReadResponse(reader, nil)
	require.NoError(t, err)
	require.NoError(t, connection.Close())
	require.Equal(t, 401, response.StatusCode)
}
