package api

import (
	"context"
	"fmt"
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
	t.Run("while the server runs", func(t *testing.T) { t.Parallel(); testUnreadStream(t, time.Hour, writeTimeout) })
	t.Run("when it stops", func(t *testing.T) { t.Parallel(); testUnreadStream(t, 10*time.Second, 10*time.Second+stopTimeout) })
	t.Run("when it has stopped", func(t *testing.T) { t.Parallel(); testUnreadStream(t, 0, stopTimeout) })
}

// testUnreadStream expects a stream, of a server that stops after some time, to be ended after as much time as is wanted.
func testUnreadStream(t *testing.T, stop, want time.Duration) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		ours, theirs := net.Pipe()
		ended := make(chan error, 1)
		ctx, cancel := context.WithTimeout(t.Context(), stop)
		defer cancel()
		engine := gin.New()
		engine.Use(pace)
		engine.GET("/", func(c *gin.Context) {
			writer, ok := c.Writer.(*pacedWriter)
			if !ok {
				ended <- fmt.Errorf("the writer is a %T", c.Writer)
				return
			}
			defer writer.hurryWhen(ctx.Done())()
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
		require.Equal(t, want, time.Since(begin))
		close(listener.connection)
		require.ErrorIs(t, <-served, net.ErrClosed)
		require.NoError(t, server.Close())
		require.NoError(t, theirs.Close())
	})
}
