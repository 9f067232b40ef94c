package elastictest

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// call sends a request and returns the status and the answer.
func call(t *testing.T, method, url, body string) (int, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	require.NoError(t, err)
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response.StatusCode, string(answer)
}

func TestTheServerKeepsItsDataAcrossAStop(t *testing.T) {
	t.Parallel()
	s := New(t)
	if !s.Owned() {
		t.Skip(ErrNotOwned)
	}
	version, err := Version()
	require.NoError(t, err)
	status, answer := call(t, http.MethodGet, s.URL, "")
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, answer, `"number" : "`+version+`"`)
	status, answer = call(t, http.MethodPut, s.URL+"/kept/_doc/1?refresh=true", `{"colour":"green"}`)
	require.Equal(t, http.StatusCreated, status, answer)

	url := s.URL
	require.NoError(t, s.Stop())
	_, err = http.Get(url)
	require.Error(t, err)
	require.NoError(t, s.Stop(), "again")
	for _, before := range []func() error{s.Stop, s.Kill, func() error { return nil }} { // stopped, killed, and running
		require.NoError(t, before())
		require.NoError(t, s.Restart(t.Context()))
		require.Equal(t, url, s.URL)
		status, answer = call(t, http.MethodGet, url+"/kept/_search?q=colour:green", "")
		require.Equal(t, http.StatusOK, status)
		require.Contains(t, answer, `"value":1`)
	}
}

func TestANamedServerIsUsedAndLeftAlone(t *testing.T) {
	healthy := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(healthy.Close)
	t.Setenv(urlVariable, healthy.URL)
	s, err := Start(t.Context(), t.TempDir())
	require.NoError(t, err)
	require.Equal(t, healthy.URL, s.URL)
	require.False(t, s.Owned())
	require.ErrorIs(t, s.Stop(), ErrNotOwned)
	require.ErrorIs(t, s.Kill(), ErrNotOwned)
	require.ErrorIs(t, s.Restart(t.Context()), ErrNotOwned)
	require.NoError(t, s.Close())
	require.NoError(t, health(t.Context(), s.URL))
}

func TestWithoutToolsTestsSkipUnlessRequired(t *testing.T) {
	t.Setenv(urlVariable, "")
	t.Setenv("DOCKER_HOST", "unix:///nowhere.sock")
	t.Setenv("PATH", t.TempDir())
	_, err := Start(t.Context(), t.TempDir())
	require.ErrorIs(t, err, ErrUnavailable)
	require.ErrorContains(t, err, "install Maven and a JDK, version 17 or later")
	t.Setenv(requiredVariable, "")
	require.True(t, Skips(err))
	t.Setenv(requiredVariable, "required")
	require.False(t, Skips(err))
}

// program writes a script that prints the text and exits with the status.
func program(t *testing.T, dir, name, text, status string) {
	t.Helper()
	require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\necho '"+text+"'\nexit "+status+"\n"), 0o700))
}

func TestAnOldJDKIsRefused(t *testing.T) {
	bin := t.TempDir()
	for _, name := range []string{"mvn", "java", "jar"} {
		program(t, bin, name, "", "0")
	}
	program(t, bin, "javac", "javac 11.0.2", "0")
	t.Setenv("JAVA_HOME", "")
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	_, err := findTools(t.Context())
	require.ErrorIs(t, err, ErrUnavailable)
	require.ErrorContains(t, err, "is of version 11")
}

func TestAFailedInstallSaysWhyAndIsTriedAgain(t *testing.T) {
	bin := t.TempDir()
	program(t, bin, "mvn", "the disk is full", "1")
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	t.Setenv("HOME", t.TempDir()) // the cache of some systems is there
	failing := &tools{mvn: filepath.Join(bin, "mvn")}
	for range 2 {
		_, err := failing.install(t.Context())
		require.ErrorContains(t, err, "make the Elasticsearch server: mvn")
		require.ErrorContains(t, err, "the disk is full")
	}
}

func TestAServerThatEndsShowsItsLog(t *testing.T) {
	t.Parallel()
	bin := t.TempDir()
	program(t, bin, "java", "no memory for that", "3")
	n := &node{tools: &tools{java: filepath.Join(bin, "java")}, dir: t.TempDir(), url: "http://127.0.0.1:1"}
	err := n.start(t.Context())
	require.ErrorContains(t, err, "the process ended")
	require.ErrorContains(t, err, "exit status 3")
	require.ErrorContains(t, err, "no memory for that")
}

// A stand-in for the engine, of which not every machine has one.
func TestAContainerEngineIsFound(t *testing.T) {
	engine := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/_ping" {
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	t.Setenv("DOCKER_HOST", "tcp://"+engine.Listener.Addr().String())
	require.True(t, engineAnswers(t.Context()))
	engine.Close()
	require.False(t, engineAnswers(t.Context()))
}
