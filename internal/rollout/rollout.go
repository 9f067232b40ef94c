// Package rollout decides which version of the workers gets tasks, with Temporal's Worker Deployments.
package rollout

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	deploymentpb "go.temporal.io/api/deployment/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"github.com/distributed-task-queue/taskqueue/worker"
)

const (
	// pollInterval is how often the server is asked again.
	pollInterval = 250 * time.Millisecond
	// accountTimeout is how long the server may take to note that all queues have heard of a change. It can lose such a note, on a busy
	// machine; then what the queues say counts.
	accountTimeout = 10 * time.Second
)

// Deployment is what the server knows of all versions of the workers.
type Deployment struct {
	Name    string `json:"name"`
	Current string `json:"current"` // the build id of the version that gets the tasks; empty: workers without a version do
	// Ramping is the build id of a version that gets RampPercentage of the tasks instead.
	Ramping        string    `json:"ramping,omitempty"`
	RampPercentage float32   `json:"rampPercentage,omitempty"`
	Settled        bool      `json:"settled"`  // all queues go by this already
	Versions       []Version `json:"versions"` // the newest first
}

// Version is one version of a deployment.
type Version struct {
	BuildID   string    `json:"buildId"`
	Status    string    `json:"status"` // inactive, current, ramping, draining or drained
	CreatedAt time.Time `json:"createdAt"`
}

// Describe returns what the server knows of a deployment. It knows one from when the first of its workers has asked for tasks.
func Describe(ctx context.Context, c client.Client, namespace, name string) (Deployment, error) {
	described, err := c.WorkflowService().DescribeWorkerDeployment(ctx, &workflowservice.DescribeWorkerDeploymentRequest{
		Namespace: namespace, DeploymentName: name,
	})
	if err != nil {
		return Deployment{}, fmt.Errorf("describe deployment %q: %w", name, err)
	}
	info := described.GetWorkerDeploymentInfo()
	d := Deployment{
		Name:           name,
		Current:        info.GetRoutingConfig().GetCurrentDeploymentVersion().GetBuildId(),
		Ramping:        info.GetRoutingConfig().GetRampingDeploymentVersion().GetBuildId(),
		RampPercentage: info.GetRoutingConfig().GetRampingVersionPercentage(),
		Settled:        info.GetRoutingConfigUpdateState() != enumspb.ROUTING_CONFIG_UPDATE_STATE_IN_PROGRESS,
		Versions:       []Version{},
	}
	for _, v := range info.GetVersionSummaries() {
		d.Versions = append(d.Versions, Version{
			BuildID: v.GetDeploymentVersion().GetBuildId(), Status: strings.ToLower(v.GetStatus().String()), CreatedAt: v.GetCreateTime().AsTime(),
		})
	}
	slices.SortFunc(d.Versions, func(a, b Version) int { return b.CreatedAt.Compare(a.CreatedAt) })
	return d, nil
}

// errNotYet is what only time can change.
var errNotYet = errors.New("not yet")

// SetCurrent makes the version the one that gets tasks. It waits until workers of the version ask for tasks of all these queues, and
// returns when all of them go by the change; until ctx ends.
func SetCurrent(ctx context.Context, c client.Client, namespace string, version worker.Deployment, queues []string) error {
	r := &rollout{client: c, namespace: namespace, version: version, queues: queues}
	for _, step := range []func(context.Context) error{r.served, r.change, r.settled} {
		if err := repeat(ctx, step); err != nil {
			return fmt.Errorf("make build %q the current one of deployment %q: %w", version.BuildID, version.Name, err)
		}
	}
	return nil
}

type rollout struct {
	client    client.Client
	namespace string
	version   worker.Deployment
	queues    []string
	changed   time.Time // when the version was made the current one
}

// served tells whether workers of the version serve all queues.
func (r *rollout) served(ctx context.Context) error {
	described, err := r.client.WorkflowService().DescribeWorkerDeploymentVersion(ctx, &workflowservice.DescribeWorkerDeploymentVersionRequest{
		Namespace:         r.namespace,
		DeploymentVersion: &deploymentpb.WorkerDeploymentVersion{DeploymentName: r.version.Name, BuildId: r.version.BuildID},
	})
	if _, unknown := errors.AsType[*serviceerror.NotFound](err); unknown {
		return fmt.Errorf("%w: no worker of it has asked for tasks", errNotYet)
	}
	if err != nil {
		return err
	}
	missing := slices.Clone(r.queues)
	for _, q := range described.GetVersionTaskQueues() {
		if q.GetType() == enumspb.TASK_QUEUE_TYPE_ACTIVITY {
			missing = slices.DeleteFunc(missing, func(name string) bool { return name == q.GetName() })
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("%w: no worker of it has asked for tasks of queue %s", errNotYet, strings.Join(missing, ", "))
	}
	return nil
}

// change makes the version the current one. The server refuses while no worker of the version asks for tasks.
func (r *rollout) change(ctx context.Context) error {
	_, err := r.client.WorkflowService().SetWorkerDeploymentCurrentVersion(ctx, &workflowservice.SetWorkerDeploymentCurrentVersionRequest{
		Namespace: r.namespace, DeploymentName: r.version.Name, BuildId: r.version.BuildID, Identity: "taskqueue",
	})
	if refused, ok := errors.AsType[*serviceerror.FailedPrecondition](err); ok {
		return fmt.Errorf("%w: %w", errNotYet, refused)
	}
	r.changed = time.Now()
	return err
}

// settled tells whether all queues go by the change.
func (r *rollout) settled(ctx context.Context) error {
	d, err := Describe(ctx, r.client, r.namespace, r.version.Name)
	if err != nil {
		return err
	}
	if d.Current != r.version.BuildID {
		return fmt.Errorf("build %q was made the current one meanwhile", d.Current)
	}
	if d.Settled {
		return nil
	}
	if time.Since(r.changed) < accountTimeout {
		return fmt.Errorf("%w: the queues have not all heard of it", errNotYet)
	}
	return r.heard(ctx)
}

// heard asks the queues themselves whether they go by the change.
func (r *rollout) heard(ctx context.Context) error {
	for _, queue := range r.queues {
		for _, kind := range []enumspb.TaskQueueType{enumspb.TASK_QUEUE_TYPE_WORKFLOW, enumspb.TASK_QUEUE_TYPE_ACTIVITY} {
			described, err := r.client.DescribeTaskQueue(ctx, queue, kind)
			if err != nil {
				return fmt.Errorf("describe queue %q: %w", queue, err)
			}
			current := described.GetVersioningInfo().GetCurrentDeploymentVersion()
			if current.GetDeploymentName() != r.version.Name || current.GetBuildId() != r.version.BuildID {
				return fmt.Errorf("%w: queue %s has not heard of it", errNotYet, queue)
			}
		}
	}
	return nil
}

// repeat calls step until it ends with something else than errNotYet, or ctx has ended. Then the error says what was not yet.
func repeat(ctx context.Context, step func(context.Context) error) error {
	tick := time.NewTicker(pollInterval)
	defer tick.Stop()
	var last error
	for {
		err := step(ctx)
		if err == nil {
			return nil
		}
		notYet := errors.Is(err, errNotYet)
		if !notYet && !isTimeout(ctx, err) {
			return err
		}
		if notYet || last == nil {
			last = err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("%w (%w)", last, ctx.Err())
		}
	}
}

// isTimeout reports whether the call failed because ctx ends. The server may notice that first.
func isTimeout(ctx context.Context, err error) bool {
	_, noticed := errors.AsType[*serviceerror.DeadlineExceeded](err)
	return noticed || ctx.Err() != nil || errors.Is(err, context.DeadlineExceeded)
}
