package api

import (
	"encoding/json"
	"net/http"

	"github.com/gin-gonic/gin"
)

// problem is the body of every error answer, as RFC 9457 has it.
type problem struct {
	Type   string       `json:"type"`
	Title  string       `json:"title"`
	Status int          `json:"status"`
	Detail string       `json:"detail,omitempty"`
	Field  string       `json:"field,omitempty"`
	Errors []fieldError `json:"errors,omitempty"`
	Result *bulkAnswer  `json:"result,omitempty"` // of a bulk operation that was stopped half-way
}

// fieldError is one wrong input of several.
type fieldError struct {
	Field  string `json:"field"`
	Detail string `json:"detail"`
}

// problemKind is what problems of one type have in common.
type problemKind struct {
	name   string // the end of the type, a URN
	status int
	title  string
}

// The kinds of problems. Their names are part of the interface.
var (
	kindMalformed       = problemKind{"malformed-request", http.StatusBadRequest, "The request is malformed"}
	kindUnauthenticated = problemKind{"unauthenticated", http.StatusUnauthorized, "The request does not say who it comes from"}
	kindRole            = problemKind{"role-too-low", http.StatusForbidden, "The role does not allow it"}
	kindOtherOwner      = problemKind{"other-owner", http.StatusForbidden, "The tasks are somebody else's"}
	kindTooMany         = problemKind{"too-many-requests", http.StatusTooManyRequests, "There are too many requests"}
	kindForbidden       = problemKind{"cross-origin", http.StatusForbidden, "The request comes from another web site"}
	kindNoRoute         = problemKind{"no-such-resource", http.StatusNotFound, "There is nothing at this path"}
	kindNotFound        = problemKind{"task-not-found", http.StatusNotFound, "There is no such task"}
	kindNoFile          = problemKind{"file-not-found", http.StatusNotFound, "There is no such file"}
	kindMethod          = problemKind{"method-not-allowed", http.StatusMethodNotAllowed, "The method is not allowed here"}
	kindDuplicate       = problemKind{"duplicate-task", http.StatusConflict, "The task exists already"}
	kindNoDownload      = problemKind{"not-downloadable", http.StatusConflict, "The task is not completed"}
	kindInProgress      = problemKind{"not-archivable", http.StatusConflict, "The task is in progress"}
	kindDequeued        = problemKind{"not-cancellable", http.StatusConflict, "The task has been dequeued"}
	kindNoSchedule      = problemKind{"schedule-not-found", http.StatusNotFound, "There is no such schedule"}
	kindSameSchedule    = problemKind{"duplicate-schedule", http.StatusConflict, "The schedule exists already"}
	kindRevision        = problemKind{"revision-changed", http.StatusPreconditionFailed, "The task is not as expected"}
	kindTooLarge        = problemKind{"too-large", http.StatusRequestEntityTooLarge, "The request is too large"}
	kindMediaType       = problemKind{"unsupported-media-type", http.StatusUnsupportedMediaType, "The media type is not supported"}
	kindWrongHost       = problemKind{"wrong-host", http.StatusMisdirectedRequest, "The request is for another host"}
	kindInvalid         = problemKind{"invalid-value", http.StatusUnprocessableEntity, "A value is not allowed"}
	kindUnknownField    = problemKind{"unknown-field", http.StatusUnprocessableEntity, "There is no such field"}
	kindQueue           = problemKind{"unknown-queue", http.StatusUnprocessableEntity, "There is no such queue"}
	kindAction          = problemKind{"unknown-action", http.StatusUnprocessableEntity, "There is no such action"}
	kindFilter          = problemKind{"invalid-filter", http.StatusUnprocessableEntity, "The filter is not valid"}
	kindKeyReused       = problemKind{"idempotency-key-reused", http.StatusUnprocessableEntity, "The idempotency key has been used for something else"}
	kindScan            = problemKind{"search-too-broad", http.StatusUnprocessableEntity, "The search would read too much"}
	kindInternal        = problemKind{"internal", http.StatusInternalServerError, "The server failed"}
	kindIndexDown       = problemKind{"index-unavailable", http.StatusServiceUnavailable, "The task log's index does not answer"}
	kindIndexMissing    = problemKind{"index-missing", http.StatusServiceUnavailable, "The task log's index does not exist"}
	kindIndexWrong      = problemKind{"index-not-searchable", http.StatusServiceUnavailable, "The task log's index cannot be searched"}
	kindIndexUnusable   = problemKind{"index-unusable", http.StatusServiceUnavailable, "The task log's index cannot be used"}
	kindNotSetUp        = problemKind{"not-set-up", http.StatusServiceUnavailable, "The Temporal namespace is not set up for tasks"}
	kindStreams         = problemKind{"too-many-streams", http.StatusServiceUnavailable, "Too many event streams are open"}
	kindUnavailable     = problemKind{"unavailable", http.StatusServiceUnavailable, "A part that is needed does not answer"}
)

// problem returns a problem of this kind. The field is "" when no single input is to blame.
func (k problemKind) problem(field, detail string) *problem {
	return &problem{Type: "urn:taskqueue:problem:" + k.name, Title: k.title, Status: k.status, Detail: detail, Field: field}
}

// after returns the problem with what a bulk operation had done before, if it had done anything.
func (p *problem) after(done bulkAnswer) *problem {
	if done.Changed+done.Skipped+done.Failed == 0 {
		return p
	}
	with := *p
	with.Result = &done
	return &with
}

// Error lets handlers return a problem as their error.
func (p *problem) Error() string { return p.Title + ": " + p.Detail }

// retryAfter is how many seconds a client is asked to wait after a 503.
const retryAfter = "2"

// write answers the request with the problem.
func (p *problem) write(c *gin.Context) {
	if p.Status == http.StatusServiceUnavailable {
		c.Header("Retry-After", retryAfter)
	}
	body, err := json.Marshal(p)
	if err != nil { // strings and numbers always encode
		panic(err)
	}
	c.Abort()
	c.Data(p.Status, "application/problem+json", body)
}
