//go:build linux

package topologytest

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/distributed-task-queue/taskqueue/cmd/standalone/internal/processtest"
)

// service is one of our programs, which can be killed and started again.
type service struct {
	*processtest.Process

	owner   *testing.T // whose end is the process's
	url     string
	ready   string // the URL that answers when it is ready
	command func() *exec.Cmd
}

func (s *service) start(t *testing.T) {
	t.Helper()
	s.Process = processtest.Start(s.owner, s.command())
	await(t, startTimeout, s.Path+" is ready", func(ctx context.Context) error {
		select {
		case <-s.Exited():
			require.Fail(t, s.Path+" has ended", "%s", &s.Err)
		default:
		}
		_, err := get(ctx, s.ready)
		return err
	})
}

// kill gives the process no chance to say anything.
func (s *service) kill(t *testing.T) {
	t.Helper()
	require.ErrorContains(t, s.End(t, syscall.SIGKILL), "killed")
}

// stop ends the process as an operator would.
func (s *service) stop(t *testing.T) {
	t.Helper()
	require.NoError(t, s.End(t, syscall.SIGTERM), "%s", &s.Err)
}

// get returns the body of an answer with status 200.
func get(ctx context.Context, url string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	status, body, err := do(request)
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("GET %s: status %d: %s", url, status, body)
	}
	return body, err
}

func do(request *http.Request) (int, []byte, error) {
	response, err := visitor.Do(request)
	if err != nil {
		return 0, nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return response.StatusCode, body, err
}
