package httprequest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"time"

	"github.com/distributed-task-queue/taskqueue/activities"
	"github.com/distributed-task-queue/taskqueue/task"
)

// Register adds the action http.request to the registry.
func Register(r *activities.Registry, cfg Config) error {
	a, err := newAction(cfg, nil)
	if err != nil {
		return err
	}
	return activities.Register(r, a.run)
}

type action struct {
	cfg     Config
	allowed allowList
	client  *http.Client
	permit  func(netip.Addr) error // the addresses that may be connected to
}

// newAction uses Go's default resolver if resolver is nil.
func newAction(cfg Config, resolver *net.Resolver) (*action, error) {
	cfg = cfg.WithDefaults()
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	allowed, err := parseAllowList(cfg.AllowedHosts)
	if err != nil {
		return nil, err
	}
	a := &action{cfg: cfg, allowed: allowed, permit: publicOnly}
	if cfg.AllowPrivateNetworks {
		a.permit = anyAddress
	}
	a.client = &http.Client{
		Transport:     newTransport(func(addr netip.Addr) error { return a.permit(addr) }, resolver),
		CheckRedirect: a.checkRedirect,
	}
	return a, nil
}

// run makes the call. What the task got wrong and the cancellation of ctx are errors; how the call
// turned out is in the report.
func (a *action) run(ctx context.Context, args Args) (task.Report, error) {
	timeout, err := args.timeout(a.cfg.Timeout)
	if err != nil {
		return task.Report{}, err
	}
	if err := args.validateStatuses(); err != nil {
		return task.Report{}, err
	}
	timed, cancel := context.WithTimeoutCause(ctx, timeout, timeoutError(timeout))
	defer cancel()
	req, err := newRequest(timed, args)
	if err != nil {
		return task.Report{}, err
	}
	what := req.Method + " " + req.URL.Host
	if err := a.allowed.check(req.URL); err != nil {
		return task.Error("%s was not sent: %v", what, err), nil
	}

	secrets := newRedactor(req.Header)
	resp, err := a.send(req, secrets)
	if err != nil {
		if ctx.Err() != nil {
			return task.Report{}, fmt.Errorf("%s: %w", what, context.Cause(ctx))
		}
		return task.Error("%s failed: %s", what, secrets.redact(reason(timed, err))), nil
	}
	if !args.expects(resp.Status) {
		return task.Error("%s answered with status %s", what, statusText(resp.Status)).WithData(resp), nil
	}
	return task.Success("%s answered with status %s", what, statusText(resp.Status)).WithData(resp), nil
}

func (a *action) send(req *http.Request, secrets redactor) (Response, error) {
	resp, err := a.client.Do(req)
	if err != nil {
		return Response{}, err
	}
	defer resp.Body.Close() //nolint:errcheck // only read from
	return readResponse(resp, a.cfg.MaxResponseBytes, secrets)
}

func newRequest(ctx context.Context, args Args) (*http.Request, error) {
	method, err := args.method()
	if err != nil {
		return nil, err
	}
	target, err := args.target()
	if err != nil {
		return nil, err
	}
	header, err := args.header()
	if err != nil {
		return nil, err
	}
	body, contentType, err := args.body()
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, method, target.String(), bytes.NewReader(body))
	if err != nil {
		// The error may quote the URL, which may hold a token.
		return nil, invalid("have a url that makes no valid request")
	}
	req.Header = header
	setDefault(header, "Content-Type", contentType)
	setDefault(header, "User-Agent", "distributed-task-queue")
	// A server that knows this header does not act twice on a task that is run again.
	setDefault(header, "Idempotency-Key", string(activities.TaskID(ctx)))
	return req, nil
}

func setDefault(h http.Header, name, value string) {
	if value != "" && h.Get(name) == "" {
		h.Set(name, value)
	}
}

// timeoutError is the cause of a call that took longer than it may.
type timeoutError time.Duration

func (e timeoutError) Error() string { return fmt.Sprintf("no answer within %s", time.Duration(e)) }

// reason tells why a call failed, without the URL that net/http puts before it.
func reason(ctx context.Context, err error) string {
	if late, ok := errors.AsType[timeoutError](context.Cause(ctx)); ok {
		return late.Error()
	}
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err
	}
	return err.Error()
}

func statusText(status int) string {
	if text := http.StatusText(status); text != "" {
		return fmt.Sprintf("%d %s", status, text)
	}
	return strconv.Itoa(status)
}
