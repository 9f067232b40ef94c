package tao

import (
	"net/http"
	"slices"

	"github.com/distributed-task-queue/taskqueue/tasklog"
)

// Route is one endpoint. The document tao.yaml describes it twice: by GET as Operation, and by POST, with the parameters in a form,
// as Operation with "Form" behind it.
type Route struct {
	Path      string
	Operation string
	// Streams says that the answer may take as long as there are tasks, or as a file has bytes.
	Streams bool

	dialect dialect
	// ajax says that the header X-Requested-With must be there. Pages of other web sites cannot send it, so it also keeps them from
	// changing tasks through somebody's browser.
	ajax   bool
	handle func(*Handler, http.ResponseWriter, *request) (any, error)
}

// Methods are the methods of every route: PHP's controllers do not look at it.
func Methods() []string { return []string{http.MethodGet, http.MethodPost} }

// Routes returns the table of routes.
func Routes() []Route { return slices.Clone(routes) }

var routes = []Route{
	// tao-core: for browsers, and for programs.
	{Path: "/tao/TaskQueueWebApi/getAll", Operation: "webGetAll", dialect: web{}, ajax: true, handle: getAll(withoutReport(managed))},
	{Path: "/tao/TaskQueueWebApi/get", Operation: "webGet", dialect: web{}, ajax: true, handle: get(managed)},
	{Path: "/tao/TaskQueueWebApi/stats", Operation: "webStats", dialect: web{}, ajax: true, handle: stats},
	{Path: "/tao/TaskQueueWebApi/archive", Operation: "webArchive", dialect: web{}, ajax: true, Streams: true, handle: bulk((*tasklog.TaskLog).ArchiveMany)},
	{Path: "/tao/TaskQueueWebApi/cancel", Operation: "webCancel", dialect: web{}, ajax: true, Streams: true, handle: bulk((*tasklog.TaskLog).CancelMany)},
	{Path: "/tao/TaskQueueWebApi/download", Operation: "webDownload", dialect: web{}, Streams: true, handle: download},
	{Path: "/tao/TaskQueue/get", Operation: "restGet", dialect: rest{}, handle: restGet},
	{Path: "/tao/TaskQueue/getAll", Operation: "restGetAll", dialect: rest{}, handle: getAll(withoutReport(managed))},
	{Path: "/tao/TaskQueue/getStatus", Operation: "restGetStatus", dialect: rest{}, handle: restGetStatus},

	// extension-tao-task-queue: what its document has.
	{Path: "/taoTaskQueue/TaskQueueRestApi/get", Operation: "extensionRestGet", dialect: rest{}, handle: restGetEntity},
	{Path: "/taoTaskQueue/TaskQueueRestApi/getStatus", Operation: "extensionRestGetStatus", dialect: rest{}, handle: restGetStatus},

	// extension-tao-task-queue: what it had before, and still serves.
	{Path: "/taoTaskQueue/TaskQueueWebApi/getAll", Operation: "extensionWebGetAll", dialect: formerWeb{}, ajax: true, handle: getAll(withoutReport(detailed))},
	{Path: "/taoTaskQueue/TaskQueueWebApi/get", Operation: "extensionWebGet", dialect: formerWeb{}, ajax: true, handle: get(detailed)},
	{Path: "/taoTaskQueue/TaskQueueWebApi/stats", Operation: "extensionWebStats", dialect: formerWeb{}, ajax: true, handle: stats},
	{Path: "/taoTaskQueue/TaskQueueWebApi/archive", Operation: "extensionWebArchive", dialect: formerWeb{}, ajax: true, Streams: true, handle: bulk((*tasklog.TaskLog).ArchiveMany)},
	{Path: "/taoTaskQueue/TaskQueueWebApi/download", Operation: "extensionWebDownload", dialect: formerWeb{}, Streams: true, handle: download},
	{Path: "/taoTaskQueue/RestTask/getAll", Operation: "seedGetAll", dialect: formerWeb{}, ajax: true, handle: getAll(seedList)},
	{Path: "/taoTaskQueue/RestTask/get", Operation: "seedGet", dialect: formerWeb{}, ajax: true, handle: get(seed)},
	{Path: "/taoTaskQueue/RestTask/stats", Operation: "seedStats", dialect: formerWeb{}, ajax: true, handle: stats},
	{Path: "/taoTaskQueue/RestTask/archive", Operation: "seedArchive", dialect: formerWeb{}, ajax: true, handle: archiveOne},
	{Path: "/taoTaskQueue/RestTask/download", Operation: "seedDownload", dialect: formerWeb{}, Streams: true, handle: download},
}

// presentation says how a request shows tasks.
type presentation func(*Handler, *request) tasklog.Presenter

func managed(h *Handler, _ *request) tasklog.Presenter  { return h.managed }
func detailed(h *Handler, _ *request) tasklog.Presenter { return h.detailed }
func seed(h *Handler, _ *request) tasklog.Presenter     { return h.seed }

// withoutReport leaves the reports out.
func withoutReport(show presentation) presentation {
	return func(h *Handler, q *request) tasklog.Presenter {
		p := show(h, q)
		p.WithoutReport = true
		return p
	}
}

// seedList has the reports unless the request wants none, which only the first version could tell.
func seedList(h *Handler, q *request) tasklog.Presenter {
	p := h.seed
	values, _, given := q.values("reportIncluded")
	p.WithoutReport = given && (values[0] == "" || values[0] == "0")
	return p
}
