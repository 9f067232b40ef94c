package worker

import (
	"fmt"
	"strings"

	sdkworker "go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
)

// Deployment is the version of a Temporal Worker Deployment that a worker is of. Such a worker gets tasks only while its version is the
// deployment's current one, or one that is ramped up; the zero value stands for a worker without a version.
type Deployment struct {
	// Name is what all versions have in common, such as the application's name.
	Name string `yaml:"name"`
	// BuildID names the version: a release, or the commit that was built.
	BuildID string `yaml:"buildId"`
}

// Validate reports what Temporal would not take.
func (d Deployment) Validate() error {
	switch {
	case d == Deployment{}:
		return nil
	case d.BuildID == "":
		return fmt.Errorf("buildId is empty; deployment %q needs one, such as the release or the commit that was built", d.Name)
	case d.Name == "":
		return fmt.Errorf("name is empty; build id %q needs the name of its deployment, such as the application's", d.BuildID)
	case strings.ContainsAny(d.Name, ".:"):
		return fmt.Errorf("name is %q; it cannot have a point or a colon, which Temporal puts between it and the build id", d.Name)
	case strings.HasPrefix(d.Name, "__") || strings.HasPrefix(d.BuildID, "__"):
		return fmt.Errorf("name is %q and buildId is %q; what begins with __ is Temporal's own", d.Name, d.BuildID)
	}
	return nil
}

// sdkOptions are the SDK's for a worker of this version.
//
// A task goes on with whatever version is current. Were it pinned to the version that has seen it first, it would wait for that version's
// workers for as long as it waits in its queue, and those could not be stopped before the backlog is done. That any version can go on with a
// task is what the replay of saved histories makes sure of; an action that runs stays in its process.
func (d Deployment) sdkOptions() sdkworker.DeploymentOptions {
	if d == (Deployment{}) {
		return sdkworker.DeploymentOptions{}
	}
	return sdkworker.DeploymentOptions{
		UseVersioning:             true,
		Version:                   sdkworker.WorkerDeploymentVersion{DeploymentName: d.Name, BuildID: d.BuildID},
		DefaultVersioningBehavior: workflow.VersioningBehaviorAutoUpgrade,
	}
}
