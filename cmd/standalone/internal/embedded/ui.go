package embedded

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	uiserver "github.com/temporalio/ui-server/v2/server"
	uiconfig "github.com/temporalio/ui-server/v2/server/config"
	"github.com/temporalio/ui-server/v2/server/server_options"
)

// webUI is a running Temporal Web UI.
type webUI struct {
	server *uiserver.Server
	ended  chan struct{} // closed when the server has returned
}

// startUI starts the Web UI and returns when it answers.
func startUI(ctx context.Context, port int, frontendAddress, namespace string) (*webUI, error) {
	ui := &webUI{
		server: uiserver.NewServer(server_options.WithConfigProvider(&uiconfig.Config{
			Host:                host,
			Port:                port,
			TemporalGRPCAddress: frontendAddress,
			DefaultNamespace:    namespace,
			EnableUI:            true,
			// Without TLS a browser would not send back a secure cookie.
			CORS:     uiconfig.CORS{CookieInsecure: true},
			HideLogs: true,
			// Nothing may call out to the internet.
			DisableNewsFetch: true,
		})),
		ended: make(chan struct{}),
	}
	go func() {
		defer close(ui.ended)
		// It never returns an error: it ends the process when it cannot listen,
		// which is why the port was checked before.
		_ = ui.server.Start()
	}()

	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	err := poll(ctx, func(ctx context.Context) error {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address(port)+"/healthz", http.NoBody)
		if err != nil {
			return err
		}
		response, err := client.Do(request)
		if err != nil {
			return err
		}
		if response.StatusCode != http.StatusOK {
			err = fmt.Errorf("health check: %s", response.Status)
		}
		return errors.Join(err, response.Body.Close())
	})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("the Web UI does not answer: %w", err), ui.stop())
	}
	return ui, nil
}

// stop closes the listener and all connections.
func (u *webUI) stop() error {
	u.server.Stop()
	select {
	case <-u.ended:
		return nil
	case <-time.After(stopTimeout):
		return fmt.Errorf("the Web UI did not stop within %s", stopTimeout)
	}
}
