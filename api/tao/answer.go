package tao

import (
	"encoding/json"
	"fmt"
	"net/http"
)

// dialect is how a family of controllers answers. Every answer says whether the request has succeeded.
type dialect interface {
	succeed(w http.ResponseWriter, r *http.Request, data any) error
	fail(w http.ResponseWriter, r *http.Request, f *failure) error
}

// outcome is the answer to archive and cancel, which has no data.
type outcome bool

// success is the answer of the web endpoints to what has succeeded.
type success struct {
	Success bool `json:"success"`
	Data    any  `json:"data"`
}

// web are the endpoints for browsers.
type web struct{}

func (web) succeed(w http.ResponseWriter, _ *http.Request, data any) error {
	if o, ok := data.(outcome); ok {
		return writeJSON(w, http.StatusOK, struct {
			Success outcome `json:"success"`
		}{o})
	}
	return writeJSON(w, http.StatusOK, success{Success: true, Data: data})
}

func (web) fail(w http.ResponseWriter, _ *http.Request, f *failure) error {
	status := http.StatusBadRequest
	if f.fixed {
		status = f.status
	}
	return writeJSON(w, status, struct {
		Success bool     `json:"success"`
		Code    int      `json:"code"`
		Message string   `json:"message"`
		Data    []string `json:"data"`
	}{false, f.code, f.message, []string{}})
}

// formerWeb are the endpoints for browsers before those, which tell errors with the status of a success.
type formerWeb struct{ web }

func (formerWeb) fail(w http.ResponseWriter, _ *http.Request, f *failure) error {
	status := http.StatusOK
	if f.fixed {
		status = f.status
	}
	return writeJSON(w, status, struct {
		Success bool   `json:"success"`
		Message string `json:"errorMsg"`
		Code    int    `json:"errorCode"`
	}{false, f.message, f.code})
}

// rest are the endpoints for programs, which may ask for XML.
type rest struct{}

func (d rest) succeed(w http.ResponseWriter, r *http.Request, data any) error {
	if negotiate(r.Header.Values("Accept")) == "" {
		return &failure{
			status: http.StatusNotAcceptable, message: fmt.Sprintf("Answers are %s, %s or %s.", mediaJSON, mediaXML, mediaTextXML), fixed: true,
		}
	}
	return d.write(w, r, http.StatusOK, struct {
		Success bool   `json:"success"`
		Data    any    `json:"data"`
		Version string `json:"version"`
	}{true, data, version()})
}

func (d rest) fail(w http.ResponseWriter, r *http.Request, f *failure) error {
	return d.write(w, r, f.status, struct {
		Success bool   `json:"success"`
		Code    int    `json:"errorCode"`
		Message string `json:"errorMsg"`
		Version string `json:"version"`
	}{false, f.code, f.message, version()})
}

// write writes JSON unless the client likes XML better.
func (rest) write(w http.ResponseWriter, r *http.Request, status int, body any) error {
	mediaType := negotiate(r.Header.Values("Accept"))
	if mediaType != mediaXML && mediaType != mediaTextXML {
		return writeJSON(w, status, body)
	}
	encoded, err := encodeXML(body)
	if err != nil {
		return err
	}
	return write(w, status, mediaType+"; charset=utf-8", encoded)
}

func writeJSON(w http.ResponseWriter, status int, body any) error {
	encoded, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("encode the answer: %w", err)
	}
	return write(w, status, mediaJSON, encoded)
}

func write(w http.ResponseWriter, status int, mediaType string, body []byte) error {
	w.Header().Set("Content-Type", mediaType)
	w.WriteHeader(status)
	_, _ = w.Write(body) // a client that has gone needs no answer
	return nil
}
