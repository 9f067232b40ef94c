package worker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/interceptor"
	sdkworker "go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/distributed-task-queue/taskqueue/activities"
	"github.com/distributed-task-queue/taskqueue/queueadmin"
	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/tracing"
	"github.com/distributed-task-queue/taskqueue/workflows"
)

const (
	// maxPollers is how many polls one queue may have open at a time. A task for which none is open waits in the server's backlog,
	// which is a write of its own.
	maxPollers = 10
	// deadlockTimeout is how long the SDK lets workflow code run before it takes it for dead: to encode a report of a megabyte may take more
	// than the second that is its default, on a busy machine.
	deadlockTimeout = 5 * time.Second
	// stopGrace is how long cancelled tasks have to end and to be reported.
	stopGrace = 5 * time.Second
	// handBackDelay is the shortest delay that the server takes for "at once".
	handBackDelay = time.Millisecond
)

// ErrNotRunning says that a worker has not been started yet, or is being stopped.
var ErrNotRunning = errors.New("the worker does not run yet, or stops")

// errShutdown is why the context of a running task is cancelled when the worker is stopped.
var errShutdown = errors.New("the worker was shut down before the task was done")

// Worker takes tasks from queues and runs them. It runs once.
type Worker struct {
	config  Config
	tracing []interceptor.WorkerInterceptor
	gate    *gate
	limiter *limiter // nil: there are no limits
	runner  activities.Runner
	system  activities.System
	workers []sdkworker.Worker // one for each queue, and one for what is no task
	lives   lives
	ended   recent

	started atomic.Bool // Run has started the SDK's workers
	// running is the context of the running actions; it ends when the shutdown timeout has passed.
	running context.Context //nolint:containedctx // its life is the worker's, not a call's
	abort   context.CancelCauseFunc
}

// New returns a worker. It makes no call to the server.
func New(config Config) (*Worker, error) {
	config = config.WithDefaults()
	if err := config.validate(); err != nil {
		return nil, err
	}
	w := &Worker{
		config: config,
		gate:   newGate(config.Strategy, config.Concurrency, config.Limit),
		runner: activities.Runner{
			Registry: config.Actions, Client: config.Client, Tracer: tracing.New(config.TracerProvider), Logger: config.Logger,
		},
		system: activities.System{
			Registry: config.Actions, TaskLog: config.TaskLog, Client: config.Client, Namespace: config.Namespace,
		},
	}
	if !config.Limits.isZero() {
		var err error
		if w.limiter, err = newLimiter(config.Limits, w.gate, config.Logger); err != nil {
			return nil, fmt.Errorf("worker: Config.Limits: %w", err)
		}
	}
	spans, err := tracing.WorkerInterceptor(config.TracerProvider)
	if err != nil {
		return nil, fmt.Errorf("worker: %w", err)
	}
	w.tracing = []interceptor.WorkerInterceptor{spans}
	w.lives.worker = w
	w.running, w.abort = context.WithCancelCause(context.Background())
	for _, q := range config.served() {
		sdk, err := w.newSDKWorker(q)
		if err != nil {
			return nil, fmt.Errorf("worker: queue %q: %w", q.Name, err)
		}
		w.workers = append(w.workers, sdk)
	}
	w.workers = append(w.workers, w.newSystemWorker())
	return w, nil
}

// newSystemWorker returns the SDK's worker of the SystemQueue. It has no version: several deployments may share that queue, and any worker does.
func (w *Worker) newSystemWorker() sdkworker.Worker {
	sdk := sdkworker.New(w.config.Client, workflows.SystemQueue, sdkworker.Options{
		DisableWorkflowWorker:            true,
		MaxConcurrentActivityTaskPollers: 1,
		WorkerStopTimeout:                stopGrace,
		Interceptors:                     w.tracing,
	})
	sdk.RegisterActivityWithOptions(w.system.AwaitChildren, activity.RegisterOptions{Name: workflows.ActivityAwaitChildren})
	return sdk
}

// newSDKWorker returns the SDK's worker for one queue. All of them share the gate.
func (w *Worker) newSDKWorker(q Queue) (sdkworker.Worker, error) {
	l := w.gate.addLine(q)
	unlimited, err := sdkworker.NewFixedSizeSlotSupplier(1000) // the SDK's default for what is not gated
	if err != nil {
		return nil, err
	}
	tuner, err := sdkworker.NewCompositeTuner(sdkworker.CompositeTunerOptions{
		WorkflowSlotSupplier:        unlimited, // workflow tasks are cheap
		ActivitySlotSupplier:        &slots{gate: w.gate, line: l},
		LocalActivitySlotSupplier:   unlimited,
		NexusSlotSupplier:           unlimited,
		SessionActivitySlotSupplier: unlimited,
	})
	if err != nil {
		return nil, err
	}
	sdk := sdkworker.New(w.config.Client, q.Name, sdkworker.Options{
		Tuner:                            tuner,
		MaxConcurrentActivityTaskPollers: min(w.config.Concurrency, maxPollers),
		MaxConcurrentWorkflowTaskPollers: w.config.workflowPolls(q),
		// Eager activities skip the task queue, and so the gate, a queue's pause, its rate limit and fairness.
		DisableEagerActivities:   true,
		DeadlockDetectionTimeout: deadlockTimeout,
		WorkerStopTimeout:        stopGrace,
		Interceptors:             append([]interceptor.WorkerInterceptor{&w.lives}, w.tracing...),
		DeploymentOptions:        w.config.Deployment.sdkOptions(),
	})
	tasks := &workflows.Workflows{
		PolicyOf: func(action string) task.Policy {
			policy, _ := w.config.Actions.EffectivePolicy(action, w.config.Policies)
			return policy
		},
	}
	sdk.RegisterWorkflowWithOptions(tasks.Task, workflow.RegisterOptions{Name: workflows.TypeTask})
	pause := &pauseWatch{ask: func(ctx context.Context) (bool, error) {
		return queueadmin.Paused(ctx, w.config.Client, w.config.Namespace, q.Name)
	}}
	sdk.RegisterActivityWithOptions(func(ctx context.Context, action string, parameters json.RawMessage) (workflows.Result, error) {
		return w.executeHere(ctx, l, pause, action, parameters)
	}, activity.RegisterOptions{Name: workflows.ActivityRunHere})
	sdk.RegisterActivityWithOptions(w.system.DeleteSuperseded, activity.RegisterOptions{Name: workflows.ActivityDeleteSuperseded})
	// It is short and starts nothing, so it needs no more than the poll that brought it.
	sdk.RegisterActivityWithOptions(w.system.RemoteStatus, activity.RegisterOptions{Name: workflows.ActivityRemoteStatus})
	sdk.RegisterDynamicActivity(func(ctx context.Context, args converter.EncodedValues) (workflows.Result, error) {
		return w.execute(ctx, l, args)
	}, activity.DynamicRegisterOptions{})
	return sdk, nil
}

// Run takes tasks until ctx ends or the limit is reached. Then it takes no more, waits for running tasks up to the shutdown
// timeout, cancels them, and returns.
func (w *Worker) Run(ctx context.Context) error {
	defer w.stop()
	if w.limiter != nil {
		limited, cancel := context.WithCancel(ctx)
		w.limiter.look() // before the first task can come
		var limiting sync.WaitGroup
		limiting.Go(func() { w.limiter.run(limited) })
		defer limiting.Wait()
		defer cancel()
	}
	for i, sdk := range w.workers {
		if err := sdk.Start(); err != nil {
			w.workers = w.workers[:i] // only what was started can be stopped
			return fmt.Errorf("worker: start: %w", err)
		}
	}
	w.started.Store(true)
	select {
	case <-ctx.Done():
	case <-w.gate.done:
	}
	return nil
}

// Ready returns nil when the worker can take tasks: it runs, is not being stopped, and the server knows its queues. A worker that is paused,
// or at its limits, is ready.
func (w *Worker) Ready(ctx context.Context) error {
	if !w.started.Load() || w.gate.isStopped() {
		return ErrNotRunning
	}
	for _, q := range w.config.served() {
		if _, err := queueadmin.Paused(ctx, w.config.Client, w.config.Namespace, q.Name); err != nil {
			return err
		}
	}
	return nil
}

// Pause lets running tasks finish and takes no more.
func (w *Worker) Pause() {
	w.gate.pause()
	w.config.Logger.Info("The worker is paused")
}

// Resume ends a pause. A worker that is being stopped is not resumed: some service managers send the signal
// to continue right after the one to end.
func (w *Worker) Resume() {
	if w.gate.resume() {
		w.config.Logger.Info("The worker is resumed")
	}
}

// stop waits for running tasks before the SDK's workers are stopped: these also run the workflow task that records how a
// task ended, and would leave it to another worker, which may not exist.
func (w *Worker) stop() {
	w.gate.stop()
	if !w.allEnd(w.config.ShutdownTimeout) {
		w.abort(errShutdown)
		if !w.allEnd(stopGrace) {
			w.config.Logger.Warn("Tasks still run after they were cancelled, or cannot be reported; they are left behind")
		}
	}
	w.awaitRecords()
	var stopped sync.WaitGroup
	for _, sdk := range w.workers {
		stopped.Go(sdk.Stop)
	}
	stopped.Wait()
	w.abort(errShutdown)
}

// allEnd waits until nothing runs any more and Temporal knows how it has ended. It returns false if that takes longer.
func (w *Worker) allEnd(within time.Duration) bool {
	late := time.After(within)
	select {
	case <-w.gate.drained():
	case <-late:
		return false
	}
	select {
	case <-w.lives.ended():
		return true
	case <-late:
		return false
	}
}

// untilShutdown returns a context that ends also when the worker's shutdown timeout has passed.
func (w *Worker) untilShutdown(ctx context.Context) (context.Context, context.CancelCauseFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(w.running, func() { cancel(context.Cause(w.running)) })
	return ctx, func(cause error) {
		stop()
		cancel(cause)
	}
}

// awaitRecords waits until the tasks that have just ended are recorded.
func (w *Worker) awaitRecords() {
	ctx, cancel := context.WithTimeout(context.Background(), stopGrace)
	defer cancel()
	for _, e := range w.ended.all() {
		// How it ended does not matter here, and if it takes too long another worker will record it.
		_ = w.config.Client.GetWorkflow(ctx, e.ID, e.RunID).Get(ctx, nil)
	}
}
