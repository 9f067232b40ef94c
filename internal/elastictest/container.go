package elastictest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// containerServer is a server in a container. A program runs it, in a module of its own, since the library for that is large. It does
// what its standard input says, and answers each line with one of its own.
type containerServer struct {
	process *process
	answers *bufio.Scanner
}

func newContainer(ctx context.Context, dir string, port int) (*containerServer, error) {
	version, err := Version()
	if err != nil {
		return nil, err
	}
	workspace, err := exec.CommandContext(ctx, "go", "env", "GOWORK").Output()
	if err != nil {
		return nil, fmt.Errorf("go env GOWORK: %w", err)
	}
	program := filepath.Join(dir, "container")
	build := exec.CommandContext(ctx, "go", "build", "-o", program, "./internal/elastictest/container")
	build.Dir = filepath.Dir(strings.TrimSpace(string(workspace)))
	if out, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("build the program for containers: %w\n%s", err, out)
	}
	process, err := startProcess(exec.Command(program, version, strconv.Itoa(port)), filepath.Join(dir, "container.log"), true)
	if err != nil {
		return nil, fmt.Errorf("run the program for containers: %w", err)
	}
	return &containerServer{process: process, answers: bufio.NewScanner(process.output)}, nil
}

func (c *containerServer) start(context.Context) error { return c.tell("start") }
func (c *containerServer) stop() error                 { return c.tell("stop") }
func (c *containerServer) kill() error                 { return c.tell("kill") }

func (c *containerServer) close() error { return c.process.stop() }

// tell sends a command and returns when it has been done.
func (c *containerServer) tell(command string) error {
	if _, err := fmt.Fprintln(c.process.input, command); err != nil {
		return fmt.Errorf("%s the Elasticsearch container: %w", command, err)
	}
	for c.answers.Scan() {
		if strings.HasPrefix(c.answers.Text(), "ready ") {
			return nil
		}
	}
	<-c.process.ended
	return fmt.Errorf("%s the Elasticsearch container: %w", command, errors.Join(c.answers.Err(), c.process.failure()))
}

// engineAnswers reports whether there is a container engine, at the places where clients look for one.
func engineAnswers(ctx context.Context) bool {
	hosts := []string{"unix:///var/run/docker.sock"}
	if home, err := os.UserHomeDir(); err == nil {
		hosts = append(hosts, "unix://"+filepath.Join(home, ".docker/run/docker.sock"), "unix://"+filepath.Join(home, ".docker/desktop/docker.sock"))
	}
	if runtime := os.Getenv("XDG_RUNTIME_DIR"); runtime != "" {
		hosts = append(hosts, "unix://"+filepath.Join(runtime, "docker.sock"))
	}
	if host := os.Getenv("DOCKER_HOST"); host != "" {
		hosts = []string{host}
	}
	for _, host := range hosts {
		if engineAnswersAt(ctx, host) {
			return true
		}
	}
	return false
}

func engineAnswersAt(ctx context.Context, host string) bool {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	at, err := url.Parse(host)
	if err != nil {
		return false
	}
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var dialer net.Dialer
		return dialer.DialContext(ctx, at.Scheme, at.Host+at.Path)
	}}
	defer transport.CloseIdleConnections()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://engine/_ping", nil)
	if err != nil {
		return false
	}
	response, err := (&http.Client{Transport: transport}).Do(request)
	if err != nil {
		return false
	}
	return response.Body.Close() == nil && response.StatusCode == http.StatusOK
}
