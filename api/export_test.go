package api

import "github.com/distributed-task-queue/taskqueue/api/auth"

// Route is a route as tests see it.
type Route struct {
	Method, Path, Operation string
	Needs                   auth.Role
}

// Routes returns the table of routes.
func Routes() []Route {
	all := make([]Route, len(routes))
	for i, r := range routes {
		all[i] = Route{Method: r.method, Path: r.path, Operation: r.operation, Needs: r.needs}
	}
	return all
}
