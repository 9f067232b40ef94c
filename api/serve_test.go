package api_test

import (
	"context"
	"net"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/distributed-task-queue/taskqueue"
	"github.com/distributed-task-queue/taskqueue/api"
	"github.com/distributed-task-queue/taskqueue/internal/temporaltest"
)

func newServer(t *testing.T) *api.Server {
	t.Helper()
	c, err := client.NewLazyClient(client.Options{HostPort: "127.0.0.1:1"})
	require.NoError(t, err)
	t.Cleanup(c.Close)
	tq, err := taskqueue.New(taskqueue.Config{Temporal: c})
	require.NoError(t, err)
	server, err := api.New(api.Config{Client: tq, Logger: temporaltest.Logger(t)})
	require.NoError(t, err)
	return server
}

func TestNewNeedsAClient(t *testing.T) {
	t.Parallel()
	_, err := api.New(api.Config{})
	require.ErrorContains(t, err, "Config.Client")
}

func TestListenAndServeRefusesOtherMachines(t *testing.T) {
	t.Parallel()
	for _, address := range []string{":8080", "0.0.0.0:0", "[::]:0", "192.0.2.1:0", "example.com:80"} {
		require.ErrorContains(t, newServer(t).ListenAndServe(t.Context(), address), "no authentication", address)
	}
	require.ErrorContains(t, newServer(t).ListenAndServe(t.Context(), "127.0.0.1"), "HOST:PORT")
}

func TestServeRefusesAnOpenListener(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "0.0.0.0:0")
	require.NoError(t, err)
	require.ErrorContains(t, newServer(t).Serve(t.Context(), listener), "no authentication")
	_, err = listener.Accept()
	require.ErrorIs(t, err, net.ErrClosed)
}

func TestListenAndServeNamesATakenPort(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	require.ErrorContains(t, newServer(t).ListenAndServe(t.Context(), listener.Addr().String()), listener.Addr().String())
}

func TestServeStopsWithItsContext(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	server := newServer(t)
	go func() { ended <- server.Serve(ctx, listener) }()
	response, err := http.Get("http://" + listener.Addr().String() + "/healthz") //nolint:noctx // a test
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Equal(t, http.StatusOK, response.StatusCode)
	stop()
	require.NoError(t, <-ended)
	_, err = net.Dial("tcp", listener.Addr().String())
	require.Error(t, err)
}
