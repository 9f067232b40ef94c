// Package elastictest starts a real Elasticsearch server for tests.
//
// It uses, in this order: the server that the environment variable TEST_ELASTICSEARCH_URL names; a container of the official image, if
// a container engine answers; or a server made of the jars on Maven Central, if Maven and a JDK are installed. The last one
// has no scripts and lacks the field types that come as modules, such as scaled_float, version and wildcard.
package elastictest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"

	"github.com/distributed-task-queue/taskqueue/internal/freeport"
)

const (
	// urlVariable names a server that runs already.
	urlVariable = "TEST_ELASTICSEARCH_URL"
	// requiredVariable with the value "required" makes tests fail where they would be skipped for want of a server.
	requiredVariable = "TEST_ELASTICSEARCH"
)

// ErrUnavailable says that nothing is installed with which a server could be started.
var ErrUnavailable = errors.New("no Elasticsearch for the tests: set TEST_ELASTICSEARCH_URL to a server of version 8, " +
	"or start a container engine, or install Maven and a JDK, version 17 or later")

// ErrNotOwned is the refusal to stop and start the server that TEST_ELASTICSEARCH_URL names.
var ErrNotOwned = errors.New("the Elasticsearch server of TEST_ELASTICSEARCH_URL is not started by the tests")

// Server is an Elasticsearch server.
type Server struct {
	// URL is its address, the same after Restart.
	URL string

	backend backend
	running bool
}

// backend is one of the ways to have a server.
type backend interface {
	// start starts the server, with the data that it had before if it was started before, and returns when it answers.
	start(ctx context.Context) error
	// stop stops the server and keeps its data.
	stop() error
	// kill ends the server with SIGKILL and keeps its data.
	kill() error
	// close frees what stop keeps.
	close() error
}

// Start starts a server that keeps its data and its log in dir. The error is ErrUnavailable if there is nothing to start it with.
func Start(ctx context.Context, dir string) (*Server, error) {
	s, err := choose(ctx, dir)
	if err != nil {
		return nil, err
	}
	if !s.Owned() {
		return s, nil
	}
	if err := s.Restart(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// choose returns a server that is not started yet, unless it is somebody else's.
func choose(ctx context.Context, dir string) (*Server, error) {
	if url := os.Getenv(urlVariable); url != "" {
		if err := awaitHealth(ctx, url); err != nil {
			return nil, fmt.Errorf("the Elasticsearch server of %s: %w", urlVariable, err)
		}
		return &Server{URL: url}, nil
	}
	port, err := freeport.Find()
	if err != nil {
		return nil, err
	}
	s := &Server{URL: fmt.Sprintf("http://127.0.0.1:%d", port)}
	if engineAnswers(ctx) {
		s.backend, err = newContainer(ctx, dir, port)
		return s, err
	}
	tools, err := findTools(ctx)
	if err != nil {
		return nil, err
	}
	install, err := tools.install(ctx)
	if err != nil {
		return nil, err
	}
	s.backend = &node{install: install, tools: tools, dir: dir, port: port, url: s.URL}
	return s, nil
}

// Owned reports whether the server was started here, so that it can be stopped.
func (s *Server) Owned() bool { return s.backend != nil }

// Stop stops the server; its data stay. It does nothing if it is stopped already.
func (s *Server) Stop() error {
	if !s.Owned() {
		return ErrNotOwned
	}
	if !s.running {
		return nil
	}
	s.running = false
	return s.backend.stop()
}

// Kill ends the server with SIGKILL; its data stay. It does nothing if it is stopped already.
func (s *Server) Kill() error {
	if !s.Owned() {
		return ErrNotOwned
	}
	if !s.running {
		return nil
	}
	s.running = false
	return s.backend.kill()
}

// Restart stops the server, unless it is stopped already, and starts it on the same port and data.
func (s *Server) Restart(ctx context.Context) error {
	if err := s.Stop(); err != nil {
		return err
	}
	if err := s.backend.start(ctx); err != nil {
		return err
	}
	s.running = true
	return nil
}

// Close stops the server for good, if it was started here.
func (s *Server) Close() error {
	if !s.Owned() {
		return nil
	}
	return errors.Join(s.Stop(), s.backend.close())
}

// New starts a server for a test, which is skipped if there is nothing to start one with.
func New(t testing.TB) *Server {
	t.Helper()
	s, err := Start(t.Context(), t.TempDir())
	if Skips(err) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// Skips reports whether the error of Start is a reason to skip tests rather than to fail.
func Skips(err error) bool {
	return errors.Is(err, ErrUnavailable) && os.Getenv(requiredVariable) != "required"
}
