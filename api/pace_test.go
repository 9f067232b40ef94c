package api

import (
	"io"
	"net"
	"net/http"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"

	"github.com/distributed-task-queue/taskqueue/api/internal/events"
)

// oneConnection is a listener with one connection, which lasts until it is closed.
type oneConnection struct {
	net.Listener

	connection chan net.Conn
}

func (l oneConnection) Accept() (net.Conn, error) {
	connection, ok := <-l.connection
	if !ok {
		return nil, net.ErrClosed
	}
	return connection, nil
}

func (l oneConnection) Close() error   { return nil }
func (l oneConnection) Addr() net.Addr { return &net.TCPAddr{} }

func TestAStreamThatNobodyReadsIsTakenForDead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ours, theirs := net.Pipe()
		ended := make(chan error, 1)
		engine := gin.New()
		engine.Use(pace)
		engine.GET("/", func(c *gin.Context) {
			w, err := events.NewWriter(c.Writer, time.Second)
			for err == nil {
				err = w.Heartbeat()
			}
			ended <- err
		})
		server := &http.Server{Handler: engine, ReadHeaderTimeout: time.Second}
		listener := oneConnection{connection: make(chan net.Conn, 1)}
		listener.connection <- ours
		served := make(chan error, 1)
		go func() { served <- server.Serve(listener) }()

		_, err := io.WriteString(theirs, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
		require.NoError(t, err)
		begin := time.Now()
		require.ErrorIs(t, <-ended, os.ErrDeadlineExceeded)
		require.Equal(t, writeTimeout, time.Since(begin))
		close(listener.connection)
		require.ErrorIs(t, <-served, net.ErrClosed)
		require.NoError(t, server.Close())
		require.NoError(t, theirs.Close())
	})
}
