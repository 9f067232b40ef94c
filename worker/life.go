package worker

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	failurepb "go.temporal.io/api/failure/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
)

const (
	// heartbeatEvery is how often a task that is here shows life, at least. With the answer it learns that it is cancelled.
	heartbeatEvery = 5 * time.Second
	// heartbeatPause is how long it is silent at least, however often its action tells of its progress.
	heartbeatPause = time.Second
)

// errLost is why the context of an action ends that Temporal, by then, takes for lost.
var errLost = errors.New("worker lost: Temporal could not be reached")

// lives intercepts the activities that must show life, which are those of tasks: it heartbeats for them, and reports how they end.
//
// The SDK would do both, but not through an outage. A heartbeat that fails, or takes longer than the time between two, ends the action's
// context; and a result that is not accepted within 10 s is thrown away.
type lives struct {
	interceptor.WorkerInterceptorBase

	worker *Worker

	mu   sync.Mutex
	n    int
	none chan struct{} // closed when n is 0; nil while not asked for
}

// InterceptActivity intercepts one activity.
func (l *lives) InterceptActivity(ctx context.Context, next interceptor.ActivityInboundInterceptor) interceptor.ActivityInboundInterceptor {
	info := activity.GetInfo(ctx)
	if info.IsLocalActivity || info.HeartbeatTimeout == 0 {
		return next
	}
	one := &life{worker: l.worker, info: info, told: make(chan struct{}, 1)}
	one.Next = next
	return one
}

func (l *lives) add(more int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.n += more
	if l.n == 0 && l.none != nil {
		close(l.none)
		l.none = nil
	}
}

// ended returns a channel that is closed when Temporal knows how all have ended.
func (l *lives) ended() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	none := make(chan struct{})
	if l.n == 0 {
		close(none)
	} else {
		l.none = none
	}
	return none
}

// life is that of one task in this worker, from its arrival until Temporal knows how it has ended.
type life struct {
	interceptor.ActivityInboundInterceptorBase

	worker *Worker
	info   activity.Info
	logger log.Logger

	told    chan struct{} // there are new details
	mu      sync.Mutex
	details []any
}

// Init puts the life in the place of the SDK's heartbeats.
func (l *life) Init(outbound interceptor.ActivityOutboundInterceptor) error {
	o := &lifeOutbound{life: l}
	o.Next = outbound
	return l.Next.Init(o)
}

type lifeOutbound struct {
	interceptor.ActivityOutboundInterceptorBase

	life *life
}

// RecordHeartbeat makes the details those of the next heartbeats. It calls nobody.
func (o *lifeOutbound) RecordHeartbeat(_ context.Context, details ...any) {
	o.life.mu.Lock()
	o.life.details = details
	o.life.mu.Unlock()
	select {
	case o.life.told <- struct{}{}:
	default:
	}
}

// ExecuteActivity runs the activity and reports its result.
func (l *life) ExecuteActivity(ctx context.Context, in *interceptor.ExecuteActivityInput) (any, error) {
	l.logger = activity.GetLogger(ctx)
	l.worker.lives.add(1)
	defer l.worker.lives.add(-1)
	running, cancel := l.worker.untilShutdown(ctx)
	defer cancel(nil)
	// What is said to Temporal does not end with the action's context.
	talking, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	go l.show(talking, cancel)
	result, err := l.execute(running, in)
	l.report(talking, result, err)
	if !isHandedBack(err) {
		l.worker.ended.add(l.info.WorkflowExecution)
	}
	return nil, activity.ErrResultPending // the SDK is to report nothing
}

// execute runs the activity. A panic becomes the error that the SDK would make of it.
func (l *life) execute(ctx context.Context, in *interceptor.ExecuteActivityInput) (result any, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			result, err = nil, panicError(cause, string(debug.Stack()))
		}
		logEnd(l.logger, err)
	}()
	return l.Next.ExecuteActivity(ctx, in)
}

// logEnd logs the error, if any, unless nothing has failed.
func logEnd(logger log.Logger, err error) {
	application, ok := errors.AsType[*temporal.ApplicationError](err)
	if err == nil || ok && application.Category() == temporal.ApplicationErrorCategoryBenign {
		return
	}
	if panicked, ok := errors.AsType[*temporal.PanicError](err); ok {
		logger.Error("The action panicked", "error", err, "stack", panicked.StackTrace())
		return
	}
	logger.Error("The action ended with an error", "error", err)
}

// panicError returns a *temporal.PanicError, which only the SDK's converter makes.
func panicError(cause any, stack string) error {
	return temporal.GetDefaultFailureConverter().FailureToError(&failurepb.Failure{
		Message: fmt.Sprint(cause), StackTrace: stack,
		FailureInfo: &failurepb.Failure_ApplicationFailureInfo{
			ApplicationFailureInfo: &failurepb.ApplicationFailureInfo{Type: "PanicError"},
		},
	})
}

// show heartbeats until ctx ends. It cancels the action if Temporal asks for that, awaits nothing of it any more, or could not be reached
// for so long that it takes the worker for lost.
func (l *life) show(ctx context.Context, cancel context.CancelCauseFunc) {
	timeout := l.info.HeartbeatTimeout
	lost := time.AfterFunc(timeout, func() { cancel(fmt.Errorf("%w for %s", errLost, timeout)) })
	defer lost.Stop()
	every := min(timeout/3, heartbeatEvery)
	next := time.NewTimer(every)
	defer next.Stop()
	var sent time.Time
	for {
		select {
		case <-ctx.Done():
			return
		case <-l.told:
			next.Reset(time.Until(sent.Add(heartbeatPause)))
			continue
		case <-next.C:
		}
		sent = time.Now()
		err := l.heartbeat(ctx, every)
		if ctx.Err() != nil {
			return
		}
		switch {
		case err == nil:
			lost.Reset(time.Until(sent.Add(timeout)))
		case temporal.IsCanceledError(err), errors.Is(err, activity.ErrActivityPaused), errors.Is(err, activity.ErrActivityReset):
			cancel(err)
			lost.Reset(time.Until(sent.Add(timeout))) // it has been heard all the same
		case isGone(err):
			cancel(err)
			return
		default:
			l.logger.Warn("A heartbeat has failed; the action goes on", "error", err)
		}
		next.Reset(time.Until(sent.Add(every)))
	}
}

// heartbeat takes as long as patience at most.
func (l *life) heartbeat(ctx context.Context, patience time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, 2*patience) // the SDK's client spends half of it
	defer cancel()
	l.mu.Lock()
	details := l.details
	l.mu.Unlock()
	return l.worker.config.Client.RecordActivityHeartbeatWithOptions(ctx, client.RecordActivityHeartbeatOptions{
		TaskToken: l.info.TaskToken, Details: details, Namespace: l.info.Namespace, WorkflowID: l.info.WorkflowExecution.ID,
		WorkflowType: l.info.WorkflowType.Name, ActivityType: l.info.ActivityType.Name, TaskQueue: l.info.TaskQueue,
	})
}

// isGone reports whether the error says that Temporal awaits nothing of the activity any more.
func isGone(err error) bool {
	_, gone := errors.AsType[*serviceerror.NotFound](err)
	return gone
}
