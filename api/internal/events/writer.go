package events

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// Writer writes a stream of server-sent events. How long a client may take to read them is for the response's own deadlines to say.
type Writer struct {
	response   http.ResponseWriter
	connection *http.ResponseController
}

// NewWriter begins a stream: it sends the header, and tells the client how long to wait before it connects again.
func NewWriter(response http.ResponseWriter, retry time.Duration) (*Writer, error) {
	w := &Writer{response: response, connection: http.NewResponseController(response)}
	response.Header().Set("Content-Type", "text/event-stream")
	response.Header().Set("X-Accel-Buffering", "no") // proxies that know it pass events on at once
	response.WriteHeader(http.StatusOK)
	return w, w.write(fmt.Appendf(nil, "retry: %d\n\n", retry.Milliseconds()))
}

// Send sends an event with the data as JSON, which has no line breaks.
func (w *Writer) Send(name, id string, data any) error {
	encoded, err := json.Marshal(data)
	if err != nil {
		return fmt.Errorf("encode an event %s: %w", name, err)
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "event: %s\n", name)
	if id != "" {
		fmt.Fprintf(&b, "id: %s\n", id)
	}
	fmt.Fprintf(&b, "data: %s\n\n", encoded)
	return w.write(b.Bytes())
}

// Heartbeat sends a comment, which clients skip. It finds out whether the client is still there.
func (w *Writer) Heartbeat() error { return w.write([]byte(":\n\n")) }

func (w *Writer) write(data []byte) error {
	if _, err := w.response.Write(data); err != nil {
		return err
	}
	return w.connection.Flush()
}
