package api

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/distributed-task-queue/taskqueue/api/auth"
	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/tasklog"
)

// route is one operation of the API. The document says what its requests may hold.
type route struct {
	method    string
	path      string // as Gin spells it: /tasks/:id
	operation string // its operationId in the document
	// needs is the least role that may do it. An owner's call is confined to their own tasks.
	needs  auth.Role
	handle func(*Server, *call) error
	// streams says that the answer may take longer than Config.Timeout.
	streams bool
	// each names the array of the body whose items are checked one by one: what is wrong with one is in call.refused, and no error
	// of the request. Default: the body is right or wrong as a whole.
	each string
}

// routes is the one table of the API; a test holds it against the document.
var routes = []route{
	{method: http.MethodPost, path: "/api/v1/tasks", operation: "createTask", needs: auth.Owner, handle: (*Server).createTask},
	{method: http.MethodPost, path: "/api/v1/tasks/bulk", operation: "createTasks", needs: auth.Owner, handle: (*Server).createTasks, streams: true, each: "tasks"},
	{method: http.MethodGet, path: "/api/v1/tasks", operation: "listTasks", needs: auth.Owner, handle: (*Server).listTasks},
	{method: http.MethodPost, path: "/api/v1/tasks/search", operation: "searchTasks", needs: auth.Owner, handle: (*Server).searchTasks},
	{method: http.MethodPost, path: "/api/v1/tasks/archive", operation: "archiveTasks", needs: auth.Owner, handle: (*Server).archiveTasks, streams: true},
	{method: http.MethodPost, path: "/api/v1/tasks/cancel", operation: "cancelTasks", needs: auth.Owner, handle: (*Server).cancelTasks, streams: true},
	{method: http.MethodPost, path: "/api/v1/tasks/:id/archive", operation: "archiveTask", needs: auth.Owner, handle: (*Server).archiveTask},
	{method: http.MethodPost, path: "/api/v1/tasks/:id/cancel", operation: "cancelTask", needs: auth.Owner, handle: (*Server).cancelTask},
	{method: http.MethodPost, path: "/api/v1/tasks/:id/rerun", operation: "rerunTask", needs: auth.Owner, handle: (*Server).rerunTask},
	{method: http.MethodGet, path: "/api/v1/tasks/:id", operation: "getTask", needs: auth.Owner, handle: (*Server).getTask},
	{method: http.MethodGet, path: "/api/v1/tasks/:id/tree", operation: "getTaskTree", needs: auth.Owner, handle: (*Server).getTaskTree},
	{method: http.MethodGet, path: "/api/v1/tasks/:id/timeline", operation: "getTaskTimeline", needs: auth.Owner, handle: (*Server).getTaskTimeline},
	{method: http.MethodGet, path: "/api/v1/tasks/:id/file", operation: "downloadTaskFile", needs: auth.Owner, handle: (*Server).downloadTaskFile, streams: true},
	{method: http.MethodHead, path: "/api/v1/tasks/:id/file", operation: "describeTaskFile", needs: auth.Owner, handle: (*Server).downloadTaskFile, streams: true},
	{method: http.MethodGet, path: "/api/v1/tasks/:id/events", operation: "streamTask", needs: auth.Owner, handle: (*Server).streamTask, streams: true},
	{method: http.MethodGet, path: "/api/v1/events", operation: "streamTasks", needs: auth.Owner, handle: (*Server).streamTasks, streams: true},
	{method: http.MethodPost, path: "/api/v1/datatable", operation: "getDataTable", needs: auth.Owner, handle: (*Server).getDataTable},
	{method: http.MethodGet, path: "/api/v1/stats", operation: "getStats", needs: auth.Owner, handle: (*Server).getStats},
	{method: http.MethodGet, path: "/api/v1/log", operation: "getLog", needs: auth.Owner, handle: (*Server).getLog},
	{method: http.MethodGet, path: "/api/v1/stats/groups", operation: "groupTasks", needs: auth.Owner, handle: (*Server).groupTasks},
	{method: http.MethodPost, path: "/api/v1/stats/groups", operation: "searchGroups", needs: auth.Owner, handle: (*Server).searchGroups},
	{method: http.MethodGet, path: "/api/v1/queues", operation: "listQueues", needs: auth.Operator, handle: (*Server).listQueues},
	{method: http.MethodPost, path: "/api/v1/queues/:name/pause", operation: "pauseQueue", needs: auth.Admin, handle: (*Server).pauseQueue},
	{method: http.MethodPost, path: "/api/v1/queues/:name/resume", operation: "resumeQueue", needs: auth.Admin, handle: (*Server).resumeQueue},
	{method: http.MethodGet, path: "/api/v1/queues/history", operation: "getQueueHistory", needs: auth.Operator, handle: (*Server).getQueueHistory},
	{method: http.MethodGet, path: "/api/v1/actions", operation: "listActions", needs: auth.Owner, handle: (*Server).listActions},
	{method: http.MethodPost, path: "/api/v1/schedules", operation: "createSchedule", needs: auth.Operator, handle: (*Server).createSchedule},
	{method: http.MethodGet, path: "/api/v1/schedules", operation: "listSchedules", needs: auth.Operator, handle: (*Server).listSchedules},
	{method: http.MethodGet, path: "/api/v1/schedules/:id", operation: "getSchedule", needs: auth.Operator, handle: (*Server).getSchedule},
	{method: http.MethodPut, path: "/api/v1/schedules/:id", operation: "updateSchedule", needs: auth.Operator, handle: (*Server).updateSchedule},
	{method: http.MethodDelete, path: "/api/v1/schedules/:id", operation: "deleteSchedule", needs: auth.Operator, handle: (*Server).deleteSchedule},
	{method: http.MethodPost, path: "/api/v1/schedules/:id/pause", operation: "pauseSchedule", needs: auth.Operator, handle: (*Server).pauseSchedule},
	{method: http.MethodPost, path: "/api/v1/schedules/:id/resume", operation: "resumeSchedule", needs: auth.Operator, handle: (*Server).resumeSchedule},
	{method: http.MethodPost, path: "/api/v1/schedules/:id/trigger", operation: "triggerSchedule", needs: auth.Operator, handle: (*Server).triggerSchedule},
	{method: http.MethodPost, path: "/api/v1/schedules/:id/backfill", operation: "backfillSchedule", needs: auth.Operator, handle: (*Server).backfillSchedule},
	{method: http.MethodGet, path: "/api/v1/me", operation: "getIdentity", needs: auth.Owner, handle: (*Server).getIdentity},
	{method: http.MethodGet, path: "/healthz", operation: "getHealth", needs: auth.Anonymous, handle: (*Server).getHealth},
	{method: http.MethodGet, path: "/readyz", operation: "getReadiness", needs: auth.Anonymous, handle: (*Server).getReadiness},
	{method: http.MethodGet, path: "/metrics", operation: "getMetrics", needs: auth.Operator, handle: (*Server).getMetrics},
	{method: http.MethodGet, path: "/openapi.yaml", operation: "getOpenAPI", needs: auth.Anonymous, handle: (*Server).getOpenAPI},
}

// call is a request whose parameters and body fulfil the document.
type call struct {
	*gin.Context
	visitor visitor
	log     *tasklog.TaskLog // of the tasks that the visitor may see and change
	body    []byte           // JSON; nil when the operation takes none
	refused map[int]error    // by their number, the items of route.each that do not fulfil the document
	parents map[task.ID]bool // the visitor's own tasks that this request has named as parents, each looked up once
}

// serve returns the handler of a route: it checks who sends the request, and the request, calls the route's own handler, and
// turns an error into a problem document.
func (s *Server) serve(r route, o *operation) gin.HandlerFunc {
	return func(c *gin.Context) {
		if !r.streams {
			cancel := s.limitTime(c)
			defer cancel()
		}
		v := visitorOf(c)
		err := v.allow(c, r.needs)
		admitted := s.newCall(c, v)
		if err == nil {
			err = s.admit(admitted, r, o)
		}
		if err == nil {
			err = r.handle(s, admitted)
		}
		if err != nil {
			s.fail(c, err)
		}
	}
}
