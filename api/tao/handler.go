package tao

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"runtime/debug"
	"strings"
	"sync"

	"gocloud.dev/blob"

	"github.com/distributed-task-queue/taskqueue/api/internal/taskfile"
	"github.com/distributed-task-queue/taskqueue/internal/filestore"
	"github.com/distributed-task-queue/taskqueue/tasklog"
)

// Config says what a Handler serves.
type Config struct {
	// Files holds the files that tasks leave. Default: nil, no task has a file.
	Files *blob.Bucket
	// Logger gets what keeps the Handler from knowing whether a task has a file. Default: slog.Default().
	Logger *slog.Logger
	// RedirectURL is where a front end may send people to see what a task has made: see ParseRedirectURL. Default: nowhere, and no
	// answer has a redirectUrl.
	RedirectURL string
}

// Handler serves the endpoints. It is safe for concurrent use.
type Handler struct {
	config Config
	// How the controllers show tasks.
	managed, detailed, seed tasklog.Presenter
}

// New returns a Handler.
func New(config Config) (*Handler, error) {
	redirect, err := ParseRedirectURL(config.RedirectURL)
	if err != nil {
		return nil, fmt.Errorf("tao: RedirectURL %w", err)
	}
	var files tasklog.FileChecker = noFiles{}
	if config.Files != nil {
		files = filestore.New(config.Files, cmp.Or(config.Logger, slog.Default()))
	}
	return &Handler{
		config:   config,
		managed:  tasklog.SimpleManagement(files, redirect, true),
		detailed: tasklog.Presenter{Decorators: []tasklog.Decorator{tasklog.WithCategory(), tasklog.WithHasFile(files)}},
		seed:     tasklog.Presenter{Decorators: []tasklog.Decorator{withFile, tasklog.WithCategory()}},
	}, nil
}

// withFile adds "file", whether the report names one, as the first PHP system had it.
func withFile(_ context.Context, e tasklog.Entity) (string, any, bool, error) {
	return "file", e.FileName() != "", true, nil
}

// noFiles is the FileChecker of a Handler without a bucket.
type noFiles struct{}

func (noFiles) Exists(context.Context, string) (bool, error) { return false, nil }

// What ParseRedirectURL replaces.
const (
	redirectTaskID   = "{taskId}"
	redirectResource = "{resource}"
)

// ParseRedirectURL returns what a template says of a task: in its query or path {taskId} stands for the task's id, and {resource} for the
// uriResource of its report; a task without one has no URL then. An empty template gives no task a URL.
func ParseRedirectURL(template string) (tasklog.Redirector, error) {
	if template != "" {
		if !strings.Contains(template, redirectTaskID) && !strings.Contains(template, redirectResource) {
			return nil, fmt.Errorf("is %q; it must have %s or %s in it", template, redirectTaskID, redirectResource)
		}
		parsed, err := url.Parse(strings.NewReplacer(redirectTaskID, "x", redirectResource, "x").Replace(template))
		if err != nil || parsed.Scheme != "http" && parsed.Scheme != "https" || parsed.Host == "" {
			return nil, fmt.Errorf("is %q; it must be an http or https URL", template)
		}
	}
	return func(_ context.Context, e tasklog.Entity) (string, error) {
		var resource string
		if e.Report != nil {
			resource = e.Report.ResourceURI()
		}
		if resource == "" && strings.Contains(template, redirectResource) {
			return "", nil
		}
		return strings.NewReplacer(redirectTaskID, url.QueryEscape(string(e.ID)), redirectResource, url.QueryEscape(resource)).Replace(template), nil
	}, nil
}

// version is what the answers of REST endpoints say of the system.
var version = sync.OnceValue(func() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
})

// Visit is who sends a request, and what they may see.
type Visit struct {
	// Log has the tasks that the visitor may see and change.
	Log *tasklog.TaskLog
	// User is whose tasks are meant by "the user's": the PHP system's session user. tasklog.SuperUser means everybody's.
	User string
}

// Serve answers a request to a route of Routes. An error that is not about the task or the parameters of the request is returned; Fail
// answers then.
func (h *Handler) Serve(w http.ResponseWriter, r *http.Request, route Route, v Visit) error {
	err := h.answer(w, r, route, v)
	if f := failureOf(err); f != nil {
		return route.dialect.fail(w, r, f)
	}
	return err
}

func (h *Handler) answer(w http.ResponseWriter, r *http.Request, route Route, v Visit) error {
	q := &request{Request: r, Visit: v}
	if err := q.parse(w); err != nil {
		return err
	}
	if route.ajax && !strings.EqualFold(r.Header.Get("X-Requested-With"), "XMLHttpRequest") {
		return &failure{status: http.StatusBadRequest, message: "Only ajax call allowed.", fixed: true}
	}
	data, err := route.handle(h, w, q)
	if err != nil || data == nil {
		return err
	}
	return route.dialect.succeed(w, r, data)
}

// Fail tells the client of a route that the server, and not the request, is to blame, or that the client may not send it.
func (h *Handler) Fail(w http.ResponseWriter, r *http.Request, route Route, status int, message string) error {
	return route.dialect.fail(w, r, &failure{status: status, code: status, message: message, fixed: true})
}

// failure is an error as the endpoints tell it.
type failure struct {
	status  int // HTTP
	code    int // the number that PHP's exceptions have, mostly 0
	message string
	// fixed says that the status is the same in all endpoints, whatever they do with what is wrong with a task or a parameter.
	fixed bool
}

func (f *failure) Error() string { return f.message }

// failureOf returns what an error says of the request's task or parameters, nil if nothing.
func failureOf(err error) *failure {
	if f, ok := errors.AsType[*failure](err); ok {
		return f
	}
	if e, ok := errors.AsType[*tasklog.NotFoundError](err); ok {
		return &failure{status: http.StatusNotFound, message: e.Error()}
	}
	if e, ok := errors.AsType[*tasklog.NotEligibleError](err); ok {
		return &failure{status: http.StatusConflict, message: e.Error()}
	}
	if e, ok := errors.AsType[*taskfile.NotCompletedError](err); ok {
		return &failure{status: http.StatusConflict, message: e.Error()}
	}
	if e, ok := errors.AsType[*taskfile.MissingError](err); ok {
		return &failure{status: http.StatusNotFound, message: e.Error()}
	}
	return nil
}
