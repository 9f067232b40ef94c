package tao

import (
	"net/http"

	"github.com/distributed-task-queue/taskqueue/api/internal/taskfile"
)

// download sends the file that a completed task of the user has left.
func download(h *Handler, w http.ResponseWriter, q *request) (any, error) {
	// The page that shows the task loads the file in a frame, and reads there what went wrong.
	w.Header().Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'self'")
	found, err := q.own()
	if err != nil {
		return nil, err
	}
	return nil, taskfile.Send(&cookieWriter{ResponseWriter: w}, q.Request, h.config.Files, found)
}

// cookieWriter adds the cookie that the page waits for to know that the download has begun.
type cookieWriter struct{ http.ResponseWriter }

func (w *cookieWriter) WriteHeader(status int) {
	http.SetCookie(w, &http.Cookie{Name: "fileDownload", Value: "true", Path: "/"}) //nolint:gosec // it is no secret, and for scripts to read
	w.ResponseWriter.WriteHeader(status)
}
