package events

import (
	"bufio"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// direct is a response that goes to a connection without any buffer.
type direct struct {
	net.Conn

	header http.Header
}

func (d direct) Header() http.Header { return d.header }
func (d direct) WriteHeader(int)     {}
func (d direct) FlushError() error   { return nil }

func TestWriter(t *testing.T) {
	t.Parallel()
	ours, theirs := net.Pipe()
	go func() {
		defer ours.Close()
		response := direct{ours, http.Header{}}
		w, err := NewWriter(response, 1500*time.Millisecond)
		if err == nil {
			err = w.Send("task", "7", map[string]string{"label": "two\nlines"})
		}
		if err == nil {
			err = w.Heartbeat()
		}
		if err != nil {
			t.Error(err)
		}
	}()
	var lines []string
	for scanner := bufio.NewScanner(theirs); scanner.Scan(); {
		lines = append(lines, scanner.Text())
	}
	require.Equal(t, "retry: 1500\n\nevent: task\nid: 7\n"+`data: {"label":"two\nlines"}`+"\n\n:\n", strings.Join(lines, "\n"))
}
