package api

import (
	"net/http"

	"github.com/gin-gonic/gin"
)

// route is one operation of the API. The document says what its requests may hold.
type route struct {
	method    string
	path      string // as Gin spells it: /tasks/:id
	operation string // its operationId in the document
	handle    func(*Server, *call) error
	// streams says that the answer may take longer than Config.Timeout.
	streams bool
}

// routes is the one table of the API; a test holds it against the document.
var routes = []route{
	{method: http.MethodPost, path: "/api/v1/tasks", operation: "createTask", handle: (*Server).createTask},
	{method: http.MethodGet, path: "/api/v1/tasks", operation: "listTasks", handle: (*Server).listTasks},
	{method: http.MethodPost, path: "/api/v1/tasks/search", operation: "searchTasks", handle: (*Server).searchTasks},
	{method: http.MethodPost, path: "/api/v1/tasks/archive", operation: "archiveTasks", handle: (*Server).archiveTasks, streams: true},
	{method: http.MethodPost, path: "/api/v1/tasks/cancel", operation: "cancelTasks", handle: (*Server).cancelTasks, streams: true},
	{method: http.MethodPost, path: "/api/v1/tasks/:id/archive", operation: "archiveTask", handle: (*Server).archiveTask},
	{method: http.MethodPost, path: "/api/v1/tasks/:id/cancel", operation: "cancelTask", handle: (*Server).cancelTask},
	{method: http.MethodPost, path: "/api/v1/tasks/:id/rerun", operation: "rerunTask", handle: (*Server).rerunTask},
	{method: http.MethodGet, path: "/api/v1/tasks/:id", operation: "getTask", handle: (*Server).getTask},
	{method: http.MethodGet, path: "/api/v1/tasks/:id/tree", operation: "getTaskTree", handle: (*Server).getTaskTree},
	{method: http.MethodGet, path: "/api/v1/tasks/:id/file", operation: "downloadTaskFile", handle: (*Server).downloadTaskFile, streams: true},
	{method: http.MethodGet, path: "/api/v1/tasks/:id/events", operation: "streamTask", handle: (*Server).streamTask, streams: true},
	{method: http.MethodGet, path: "/api/v1/events", operation: "streamTasks", handle: (*Server).streamTasks, streams: true},
	{method: http.MethodPost, path: "/api/v1/datatable", operation: "getDataTable", handle: (*Server).getDataTable},
	{method: http.MethodGet, path: "/api/v1/stats", operation: "getStats", handle: (*Server).getStats},
	{method: http.MethodGet, path: "/api/v1/log", operation: "getLog", handle: (*Server).getLog},
	{method: http.MethodGet, path: "/api/v1/stats/groups", operation: "groupTasks", handle: (*Server).groupTasks},
	{method: http.MethodPost, path: "/api/v1/stats/groups", operation: "searchGroups", handle: (*Server).searchGroups},
	{method: http.MethodGet, path: "/api/v1/queues", operation: "listQueues", handle: (*Server).listQueues},
	{method: http.MethodPost, path: "/api/v1/queues/:name/pause", operation: "pauseQueue", handle: (*Server).pauseQueue},
	{method: http.MethodPost, path: "/api/v1/queues/:name/resume", operation: "resumeQueue", handle: (*Server).resumeQueue},
	{method: http.MethodGet, path: "/api/v1/actions", operation: "listActions", handle: (*Server).listActions},
	{method: http.MethodPost, path: "/api/v1/schedules", operation: "createSchedule", handle: (*Server).createSchedule},
	{method: http.MethodGet, path: "/api/v1/schedules", operation: "listSchedules", handle: (*Server).listSchedules},
	{method: http.MethodGet, path: "/api/v1/schedules/:id", operation: "getSchedule", handle: (*Server).getSchedule},
	{method: http.MethodPut, path: "/api/v1/schedules/:id", operation: "updateSchedule", handle: (*Server).updateSchedule},
	{method: http.MethodDelete, path: "/api/v1/schedules/:id", operation: "deleteSchedule", handle: (*Server).deleteSchedule},
	{method: http.MethodPost, path: "/api/v1/schedules/:id/pause", operation: "pauseSchedule", handle: (*Server).pauseSchedule},
	{method: http.MethodPost, path: "/api/v1/schedules/:id/resume", operation: "resumeSchedule", handle: (*Server).resumeSchedule},
	{method: http.MethodPost, path: "/api/v1/schedules/:id/trigger", operation: "triggerSchedule", handle: (*Server).triggerSchedule},
	{method: http.MethodPost, path: "/api/v1/schedules/:id/backfill", operation: "backfillSchedule", handle: (*Server).backfillSchedule},
	{method: http.MethodGet, path: "/healthz", operation: "getHealth", handle: (*Server).getHealth},
	{method: http.MethodGet, path: "/readyz", operation: "getReadiness", handle: (*Server).getReadiness},
	{method: http.MethodGet, path: "/metrics", operation: "getMetrics", handle: (*Server).getMetrics},
	{method: http.MethodGet, path: "/openapi.yaml", operation: "getOpenAPI", handle: (*Server).getOpenAPI},
}

// call is a request whose parameters and body fulfil the document.
type call struct {
	*gin.Context
	body []byte // JSON; nil when the operation takes none
}

// serve returns the handler of a route: it checks the request, calls the route's own handler, and
// turns an error into a problem document.
func (s *Server) serve(r route, o *operation) gin.HandlerFunc {
	return func(c *gin.Context) {
		if !r.streams {
			cancel := s.limitTime(c)
			defer cancel()
		}
		body, err := s.admit(c, o)
		if err == nil {
			err = r.handle(s, &call{Context: c, body: body})
		}
		if err != nil {
			s.fail(c, err)
		}
	}
}
