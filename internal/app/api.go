package app

import (
	"context"
	"fmt"

	"github.com/distributed-task-queue/taskqueue/api"
	"github.com/distributed-task-queue/taskqueue/api/auth"
	"github.com/distributed-task-queue/taskqueue/api/dashboard"
	"github.com/distributed-task-queue/taskqueue/tasklog/monitor"
)

// NewAPI returns the REST API, which shows what the monitor measures, and whose metrics are among the program's. It opens no port. Who may
// use it is known until the App is closed.
func (a *App) NewAPI(m *monitor.Monitor) (*api.Server, error) {
	settings := a.Config.API
	encryption, err := openTLS(settings.TLS, a.Logger)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	a.closers = append(a.closers, func() error { cancel(); return nil })
	authenticator, err := auth.Open(ctx, settings.Auth, a.Logger)
	if err != nil {
		return nil, fmt.Errorf("api.auth: %w", err)
	}
	config := api.Config{
		Client: a.Client, Files: a.Files, Monitor: m, Logger: a.Logger, Timeout: settings.Timeout,
		Authenticator: authenticator, TLS: encryption, AllowedOrigins: settings.CORS.AllowedOrigins, Limits: settings.Limits, TrustedProxies: settings.TrustedProxies,
		TAO:       api.TAO{Off: !settings.TAO.Enabled, RedirectURL: settings.TAO.RedirectURL},
		Dashboard: dashboard.Config{TemporalUI: settings.TemporalUI, Namespace: a.Namespace},
	}
	if a.Metrics != nil { // a nil *prometheus.Registry is not a nil Gatherer
		config.Metrics = a.Metrics
	}
	server, err := api.New(config)
	if err != nil || a.Metrics == nil {
		return server, err
	}
	return server, a.Metrics.Register(server)
}

// NewMonitor returns a monitor of the task log, whose metrics are among the program's if that keeps any. It measures nothing yet.
func (a *App) NewMonitor() (*monitor.Monitor, error) {
	m, err := monitor.New(monitor.Config{
		Client: a.Temporal, Namespace: a.Namespace, Engine: a.Config.Log.Engine, Interval: a.Config.Log.MonitorInterval, Logger: a.Logger,
	})
	if err != nil || a.Metrics == nil {
		return m, err
	}
	return m, a.Metrics.Register(m)
}

// RunMonitor returns when ctx ends. Until then the monitor measures, if the configuration wants that.
func (a *App) RunMonitor(ctx context.Context, m *monitor.Monitor) error {
	if a.Config.Log.MonitorInterval == 0 {
		<-ctx.Done()
		return nil
	}
	return m.Run(ctx)
}
