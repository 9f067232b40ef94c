package api

import (
	"net/http"
	"sync"
	"time"

	"github.com/gin-gonic/gin"
)

const (
	// bodyTimeout is how long a client may take to send a body.
	bodyTimeout = 30 * time.Second
	// writeTimeout is how long a client may take for each part of an answer; a download is written in parts of 32 KiB. So an
	// answer may take as long as it needs, but not for ever to a client that does not read it.
	writeTimeout = time.Minute
	// stopTimeout takes the place of writeTimeout for event streams when the server stops. It is well below shutdownTimeout.
	stopTimeout = 5 * time.Second
)

// pace bounds how long a client may keep the server waiting.
func pace(c *gin.Context) {
	connection := http.NewResponseController(c.Writer)
	if c.Request.ContentLength != 0 {
		// readBody ends it. It holds also for bodies that nobody reads, which net/http does before the next request.
		_ = connection.SetReadDeadline(time.Now().Add(bodyTimeout)) // only the writers of tests have no deadlines
	}
	w := &pacedWriter{ResponseWriter: c.Writer, connection: connection}
	c.Writer = w
	w.extend()
	c.Next()
	w.extend() // for what net/http writes when the handler is done
}

// pacedWriter gives every write its own deadline.
type pacedWriter struct {
	gin.ResponseWriter

	connection *http.ResponseController

	mu       sync.Mutex
	stopping bool
}

func (w *pacedWriter) extend() {
	w.mu.Lock()
	defer w.mu.Unlock()
	timeout := writeTimeout
	if w.stopping {
		timeout = stopTimeout
	}
	_ = w.connection.SetWriteDeadline(time.Now().Add(timeout))
}

// hurryWhen shortens the deadlines, also that of a write that is under way, when the server stops. The handler calls release before it returns.
func (w *pacedWriter) hurryWhen(stopped <-chan struct{}) (release func()) {
	released := make(chan struct{})
	var waiting sync.WaitGroup
	waiting.Go(func() {
		select {
		case <-stopped:
			w.mu.Lock()
			w.stopping = true
			w.mu.Unlock()
			w.extend()
		case <-released:
		}
	})
	return func() { close(released); waiting.Wait() }
}

// Unwrap lets http.ResponseController find the connection.
func (w *pacedWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *pacedWriter) Write(part []byte) (int, error) {
	w.extend()
	return w.ResponseWriter.Write(part)
}

func (w *pacedWriter) WriteString(part string) (int, error) {
	w.extend()
	return w.ResponseWriter.WriteString(part)
}
