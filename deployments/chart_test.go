package deployments

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
	"helm.sh/helm/v3/pkg/lint"
	"helm.sh/helm/v3/pkg/lint/support"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"
)

const chartFolder = "helm/taskqueue"

// readValues returns the values of one of the chart's examples in ci/.
func readValues(t *testing.T, name string) chartutil.Values {
	t.Helper()
	values, err := chartutil.ReadValuesFile(filepath.Join(chartFolder, "ci", name+"-values.yaml"))
	require.NoError(t, err)
	return values
}

// render returns the chart's documents as `helm install tasks` makes them of these values.
func render(t *testing.T, values map[string]any) ([]document, error) {
	t.Helper()
	chart, err := loader.Load(chartFolder)
	require.NoError(t, err)
	complete, err := chartutil.ToRenderValues(chart, values,
		chartutil.ReleaseOptions{Name: "tasks", Namespace: "tasks", IsInstall: true, Revision: 1}, chartutil.DefaultCapabilities)
	if err != nil {
		return nil, err
	}
	files, err := engine.Render(chart, complete)
	if err != nil {
		return nil, err
	}
	var all []document
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if filepath.Ext(name) != ".yaml" {
			continue
		}
		for text := range strings.SplitSeq("\n"+files[name], "\n---") {
			if strings.TrimSpace(text) != "" {
				all = append(all, newDocument(t, text))
			}
		}
	}
	return all, nil
}

func TestTheChartIsClean(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"minimal", "full", "cloud"} {
		linter := lint.All(chartFolder, readValues(t, name), "tasks", true)
		for _, m := range linter.Messages {
			require.Less(t, m.Severity, support.WarningSev, "%s: %s", name, m)
		}
	}
}

func TestTheChartRendersWhatKubernetesTakes(t *testing.T) {
	t.Parallel()
	for name, kinds := range map[string][]string{
		"minimal": {
			"ConfigMap", "ConfigMap", "Deployment", "Deployment", "Job", "NetworkPolicy", "NetworkPolicy", "PodDisruptionBudget", "PodDisruptionBudget",
			"Service", "ServiceAccount", "ServiceAccount",
		},
		"full": {
			"ConfigMap", "ConfigMap", "ConfigMap", "Deployment", "Deployment", "Deployment", "Deployment", "Ingress", "Job", "NetworkPolicy", "NetworkPolicy",
			"PodDisruptionBudget", "PodDisruptionBudget", "PodDisruptionBudget", "PodDisruptionBudget", "PodMonitor", "PrometheusRule", "ScaledObject",
			"ScaledObject", "Service", "ServiceAccount", "ServiceAccount",
		},
		"cloud": {"ConfigMap", "Deployment", "Deployment", "PodDisruptionBudget", "PodDisruptionBudget", "Service"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			documents, err := render(t, readValues(t, name))
			require.NoError(t, err)
			var found []string
			names := map[string]bool{}
			for _, d := range documents {
				found = append(found, d.Kind)
				require.NoError(t, d.validate(t), d.text)
				require.NotContains(t, names, d.Kind+"/"+d.Metadata.Name)
				names[d.Kind+"/"+d.Metadata.Name] = true
			}
			slices.Sort(found)
			require.Equal(t, kinds, found)
		})
	}
}

// deployments returns the deployments of these values by their names.
func deployments(t *testing.T, values map[string]any) map[string]appsv1.Deployment {
	t.Helper()
	documents, err := render(t, values)
	require.NoError(t, err)
	all := map[string]appsv1.Deployment{}
	for _, d := range documents {
		if d.Kind == "Deployment" {
			var deployment appsv1.Deployment
			require.NoError(t, yaml.UnmarshalStrict([]byte(d.text), &deployment))
			all[d.Metadata.Name] = deployment
		}
	}
	return all
}

func TestPodsAreConfined(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"minimal", "full", "cloud"} {
		for _, d := range deployments(t, readValues(t, name)) {
			pod := d.Spec.Template
			require.Subset(t, pod.Labels, d.Spec.Selector.MatchLabels, d.Name)
			require.True(t, *pod.Spec.SecurityContext.RunAsNonRoot, d.Name)
			require.Equal(t, corev1.SeccompProfileTypeRuntimeDefault, pod.Spec.SecurityContext.SeccompProfile.Type, d.Name)
			require.False(t, *pod.Spec.AutomountServiceAccountToken, d.Name)
			volumes := map[string]bool{}
			for _, v := range pod.Spec.Volumes {
				volumes[v.Name] = true
			}
			for _, c := range pod.Spec.Containers {
				require.True(t, *c.SecurityContext.ReadOnlyRootFilesystem, d.Name)
				require.False(t, *c.SecurityContext.AllowPrivilegeEscalation, d.Name)
				require.Equal(t, []corev1.Capability{"ALL"}, c.SecurityContext.Capabilities.Drop, d.Name)
				require.NotEmpty(t, c.Resources.Requests, d.Name)
				for _, probe := range []*corev1.Probe{c.LivenessProbe, c.ReadinessProbe, c.StartupProbe} {
					require.Equal(t, "metrics", probe.HTTPGet.Port.StrVal, d.Name)
				}
				require.Equal(t, "/healthz", c.LivenessProbe.HTTPGet.Path, "whoever restarts it must not do so because Temporal is down")
				require.Equal(t, "/readyz", c.ReadinessProbe.HTTPGet.Path)
				require.True(t, slices.ContainsFunc(c.Ports, func(p corev1.ContainerPort) bool { return p.Name == "metrics" }))
				for _, m := range c.VolumeMounts {
					require.Contains(t, volumes, m.Name, d.Name)
				}
			}
		}
	}
}

// What the chart tells the programs, in their file and in their environment, they must understand.
func TestTheChartsConfigurationIsUnderstood(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"minimal", "full", "cloud"} {
		values := readValues(t, name)
		documents, err := render(t, values)
		require.NoError(t, err)
		i := slices.IndexFunc(documents, func(d document) bool { return d.Kind == "ConfigMap" && d.Metadata.Name == "tasks-taskqueue" })
		var configuration corev1.ConfigMap
		require.NoError(t, yaml.UnmarshalStrict([]byte(documents[i].text), &configuration))
		file := filepath.Join(t.TempDir(), "taskqueue.yaml")
		require.NoError(t, os.WriteFile(file, []byte(configuration.Data["taskqueue.yaml"]), 0o600))
		for _, d := range deployments(t, values) {
			var environment []string
			for _, e := range d.Spec.Template.Spec.Containers[0].Env {
				value := e.Value
				if e.ValueFrom != nil {
					value = "secret"
				}
				environment = append(environment, e.Name+"="+value)
				if e.Name == "TASKQUEUE_WORKER_SHUTDOWN_TIMEOUT" {
					timeout, err := time.ParseDuration(value)
					require.NoError(t, err)
					grace := time.Duration(*d.Spec.Template.Spec.TerminationGracePeriodSeconds) * time.Second
					require.GreaterOrEqual(t, grace, timeout+10*time.Second, "cancelled tasks need time to be recorded")
				}
			}
			requireUnderstood(t, file, environment)
		}
	}
}

func TestPoolsSayWhatTheyDoOtherwise(t *testing.T) {
	t.Parallel()
	all := deployments(t, readValues(t, "full"))
	urgent, imports := all["tasks-taskqueue-worker-urgent"], all["tasks-taskqueue-worker-imports"]
	require.Equal(t, int32(3), *urgent.Spec.Replicas)
	require.Equal(t, []string{"--config=/etc/taskqueue/config/taskqueue.yaml", "--queue=urgent", "--concurrency=10", "--strategy=strict"},
		urgent.Spec.Template.Spec.Containers[0].Args)
	require.Equal(t, "ghcr.io/distributed-task-queue/taskqueue-worker:1.2.3", urgent.Spec.Template.Spec.Containers[0].Image)
	require.Nil(t, imports.Spec.Replicas, "it is scaled")
	require.Equal(t, int64(930), *imports.Spec.Template.Spec.TerminationGracePeriodSeconds)
	require.Equal(t, "registry.example.com/imports:7", imports.Spec.Template.Spec.Containers[0].Image)
}

func TestPoolsAreScaledByWhatWaitsAndRuns(t *testing.T) {
	t.Parallel()
	documents, err := render(t, readValues(t, "full"))
	require.NoError(t, err)
	queries := map[string]string{}
	for _, d := range documents {
		if d.Kind != "ScaledObject" {
			continue
		}
		var scaled struct {
			Spec struct {
				Triggers []struct{ Metadata map[string]string }
			}
		}
		require.NoError(t, yaml.Unmarshal([]byte(d.text), &scaled))
		queries[d.Metadata.Name] = scaled.Spec.Triggers[0].Metadata["query"]
	}
	require.Len(t, queries, 2)
	known := documentedMetrics(t)
	for _, name := range []string{"taskqueue_queue_waiting", "taskqueue_queue_paused", "taskqueue_worker_running"} {
		known[name] = append(known[name], "namespace") // of the target, which these values match
	}
	const two = `taskqueue_queue_waiting{queue="imports",namespace="tasks",instance="a"} 7x30
 taskqueue_queue_waiting{queue="imports",namespace="tasks",instance="b"} 7x30
 taskqueue_queue_waiting{queue="urgent",namespace="tasks"} 5x30
 taskqueue_queue_waiting{queue="imports",namespace="elsewhere"} 99x30
 taskqueue_queue_waiting{queue="paused",namespace="tasks"} 50x30
 taskqueue_queue_paused{queue="paused",namespace="tasks"} 1x30
 taskqueue_queue_paused{queue="imports",namespace="tasks"} 0x30
 taskqueue_worker_running{task_queue="imports",namespace="tasks",instance="c"} 3x30
 taskqueue_worker_running{task_queue="urgent",namespace="tasks",instance="c"} 1x30`
	for name, want := range map[string]float64{"tasks-taskqueue-worker-imports": 7 + 3, "tasks-taskqueue-worker-rest": 7 + 5 + 3 + 1} {
		known.check(t, queries[name])
		value := evaluate(t, two, queries[name], 10*time.Minute)
		require.Len(t, value, 1, name)
		require.InDelta(t, want, value[0].F, 0, name)
		value = evaluate(t, "up 1x30", queries[name], 10*time.Minute)
		require.Empty(t, value, "%s: what waits is not known", name)
		value = evaluate(t, `taskqueue_queue_waiting{queue="imports",namespace="tasks"} 0x30`, queries[name], 10*time.Minute)
		require.Len(t, value, 1, name)
		require.Zero(t, value[0].F, name)
	}
}

func TestMistakesInValuesAreTold(t *testing.T) {
	t.Parallel()
	for want, values := range map[string]map[string]any{
		"api.keysSecret":   {},
		"api.ingress.host": {"api": map[string]any{"keysSecret": "keys", "ingress": map[string]any{"enabled": true}}},
		"replicsa":         {"api": map[string]any{"keysSecret": "keys", "replicsa": 2}},
		"temporl":          {"temporl": map[string]any{}, "api": map[string]any{"keysSecret": "keys"}},
		"concurrency":      {"workers": map[string]any{"a": map[string]any{"concurrency": "many"}}, "api": map[string]any{"keysSecret": "keys"}},
		"autoscalng":       {"workers": map[string]any{"a": map[string]any{"autoscalng": 1}}, "api": map[string]any{"keysSecret": "keys"}},
	} {
		_, err := render(t, values)
		require.ErrorContains(t, err, want)
	}
}
