package api

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/distributed-task-queue/taskqueue/api/auth"
	"github.com/distributed-task-queue/taskqueue/api/dashboard"
	"github.com/distributed-task-queue/taskqueue/queueadmin"
	"github.com/distributed-task-queue/taskqueue/tasklog"
)

const (
	readHeaderTimeout = 10 * time.Second
	idleTimeout       = 2 * time.Minute
	shutdownTimeout   = 20 * time.Second
	maxHeaderBytes    = 64 << 10
)

// Server is the REST API of one Client. It is safe for concurrent use, and is a prometheus.Collector of its requests and, while it serves, of the
// queues.
type Server struct {
	config    Config
	contract  *contract
	engine    *gin.Engine
	presenter tasklog.Presenter
	metrics   http.Handler
	requests  requestMetrics
	origins   origins
	limiter   *limiter // nil: nobody is limited
	streams   *streams
	readiness readiness
	history   *queueadmin.History
}

// quietGin keeps Gin from writing to the console. Its mode is one for the whole process.
var quietGin = sync.OnceFunc(func() { gin.SetMode(gin.ReleaseMode) })

// New returns a server. It makes no call and opens no port.
func New(config Config) (*Server, error) {
	if err := config.validate(); err != nil {
		return nil, err
	}
	c, err := loadContract()
	if err != nil {
		return nil, err
	}
	allowed, err := newOrigins(config.AllowedOrigins)
	if err != nil {
		return nil, err
	}
	quietGin()
	config = config.WithDefaults()
	s := &Server{config: config, contract: c, engine: gin.New(), presenter: Presenter(config.Files, config.Logger), origins: allowed}
	if s.config.Authenticator != nil {
		s.limiter = newLimiter(s.config.Limits)
	}
	s.streams = newStreams(s.config)
	s.requests = newRequestMetrics()
	s.history = queueadmin.NewHistory(s.config.Client.Queues(), s.config.Logger)
	s.metrics = promhttp.HandlerFor(s.config.Metrics, promhttp.HandlerOpts{
		ErrorLog: slog.NewLogLogger(s.config.Logger.Handler(), slog.LevelError), ErrorHandling: promhttp.ContinueOnError,
	})
	s.engine.HandleMethodNotAllowed = true
	s.engine.RedirectTrailingSlash = false
	// A task's id may hold any character, so a slash in it arrives as %2F.
	s.engine.UseEscapedPath = true
	s.engine.UnescapePathValues = true
	s.engine.Use(s.requests.measure, s.logAccess, pace, s.recover, continueTrace, secure, s.checkHost, s.crossOrigin, s.identify)
	s.engine.RemoteIPHeaders = []string{"X-Forwarded-For"}
	if err := s.engine.SetTrustedProxies(s.config.TrustedProxies); err != nil {
		return nil, fmt.Errorf("api: Config.TrustedProxies: %w; give addresses, or networks such as 10.0.0.0/8", err)
	}
	// What needs no credentials costs next to nothing, and has no limit: a browser asks for all files of the dashboard at once, and nobody is
	// to keep others from finding out whether the server is well.
	open, limited := s.engine.Group("/"), s.engine.Group("/", s.limitRate)
	s.engine.NoRoute(s.limitRate, func(c *gin.Context) {
		kindNoRoute.problem("", fmt.Sprintf("nothing is at %s; /openapi.yaml says what there is", c.Request.URL.Path)).write(c)
	})
	s.engine.NoMethod(s.limitRate, func(c *gin.Context) {
		kindMethod.problem("", fmt.Sprintf("%s is not allowed here; allowed: %s", c.Request.Method, c.Writer.Header().Get("Allow"))).write(c)
	})
	site := dashboard.Handler(s.config.Dashboard)
	for _, path := range []string{"/", "/assets/*file"} {
		open.Match([]string{http.MethodGet, http.MethodHead}, path, gin.WrapH(site))
	}
	for _, r := range routes {
		o, ok := c.operations[r.operation]
		if !ok {
			return nil, fmt.Errorf("api: openapi.yaml has no operation %q, which %s %s is to be", r.operation, r.method, r.path)
		}
		if r.needs == 0 {
			return nil, fmt.Errorf("api: nobody has decided who may %s", r.operation)
		}
		group := limited
		if r.needs == auth.Anonymous {
			group = open
		}
		group.Handle(r.method, r.path, s.serve(r, o))
	}
	return s, s.mountTAO(open, limited)
}

// Handler returns the API, for a server of one's own. Without authentication it takes only requests whose Host is this machine. The queues
// are measured, for their history, only while Serve runs.
func (s *Server) Handler() http.Handler { return s.engine }

// ListenAndServe serves on address as Serve does. Without authentication it must be one of this machine's loopback addresses.
func (s *Server) ListenAndServe(ctx context.Context, address string) error {
	if err := s.checkAddress(address); err != nil {
		return err
	}
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", address)
	if err != nil {
		return fmt.Errorf("api: listen on %s: %w", address, err)
	}
	return s.Serve(ctx, listener)
}

// Serve answers requests until ctx ends. Then it takes no more, ends all event streams, and gives other requests that run up to
// 20 s. It closes the listener, and returns nil when it was stopped by ctx and every request came to its end.
//
// Without authentication a listener that other machines could reach is refused.
func (s *Server) Serve(ctx context.Context, listener net.Listener) error {
	if err := s.checkAddress(listener.Addr().String()); err != nil {
		return errors.Join(err, listener.Close())
	}
	if s.config.TLS == nil && !loopbackHost(listener.Addr().String()) {
		s.config.Logger.WarnContext(ctx, "Credentials are sent to the API unencrypted; configure api.tls, or put a proxy in front that has TLS",
			"address", listener.Addr().String())
	}
	server := &http.Server{
		Handler:           s.engine,
		ReadHeaderTimeout: readHeaderTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		BaseContext: func(net.Listener) context.Context {
			return context.WithValue(context.Background(), stopping{}, ctx.Done())
		},
		ErrorLog: slog.NewLogLogger(s.config.Logger.Handler(), slog.LevelDebug), // of clients that misbehave
	}
	var measuring sync.WaitGroup
	defer measuring.Wait()
	measured, stop := context.WithCancel(ctx)
	defer stop()
	measuring.Go(func() { s.history.Run(measured) })
	ended := make(chan error, 1)
	go func() {
		if s.config.TLS == nil {
			ended <- server.Serve(listener)
			return
		}
		server.TLSConfig = s.config.TLS.Clone()
		ended <- server.ServeTLS(listener, "", "") // the certificate is in the configuration
	}()
	select {
	case err := <-ended:
		return fmt.Errorf("api: serve on %s: %w", listener.Addr(), err)
	case <-ctx.Done():
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
	defer cancel()
	if err := server.Shutdown(ctx); err != nil {
		return errors.Join(fmt.Errorf("api: requests still ran %s after the stop: %w", shutdownTimeout, err), server.Close())
	}
	return nil
}
