package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// readyTimeout is how long the program may take to say whether it is ready.
const readyTimeout = 5 * time.Second

// ServeMetrics serves, at metrics.listen, the program's metrics at /metrics, that its process answers at /healthz, and whether it is ready
// at /readyz, until stop is called. If the address is empty nothing is served.
func (a *App) ServeMetrics(ctx context.Context, ready func(context.Context) error) (stop func() error, err error) {
	address := a.Config.Metrics.Listen
	if address == "" || a.Metrics == nil {
		return func() error { return nil }, nil
	}
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("metrics.listen: %w", err)
	}
	errorLog := slog.NewLogLogger(a.Logger.Handler(), slog.LevelError)
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(a.Metrics, promhttp.HandlerOpts{ErrorLog: errorLog, ErrorHandling: promhttp.ContinueOnError}))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) { a.answerReady(w, r, ready) })
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, ErrorLog: errorLog}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	a.Logger.InfoContext(ctx, "The metrics are served", "address", listener.Addr().String())
	return func() error {
		closed := server.Close() // an answer is short, and is asked for again
		if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("serve metrics on %s: %w", listener.Addr(), err)
		}
		return closed
	}, nil
}

// answerReady tells strangers no more than whether the program is ready; the log tells why it is not.
func (a *App) answerReady(w http.ResponseWriter, r *http.Request, ready func(context.Context) error) {
	ctx, cancel := context.WithTimeout(r.Context(), readyTimeout)
	defer cancel()
	if err := ready(ctx); err != nil {
		a.Logger.WarnContext(ctx, "The program is not ready", "error", err)
		http.Error(w, "not ready; the log says why", http.StatusServiceUnavailable)
		return
	}
	_, _ = fmt.Fprintln(w, "ok")
}
