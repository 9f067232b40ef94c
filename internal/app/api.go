package app

import "github.com/distributed-task-queue/taskqueue/api"

// NewAPI returns the REST API. It opens no port.
func (a *App) NewAPI() (*api.Server, error) {
	return api.New(api.Config{Client: a.Client, Files: a.Files, Logger: a.Logger})
}
