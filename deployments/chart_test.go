package deployments

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
	"helm.sh/helm/v3/pkg/lint"
	"helm.sh/helm/v3/pkg/lint/support"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
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
	c, err := loader.Load(chartFolder)
	require.NoError(t, err)
	return renderChart(t, c, values)
}

func renderChart(t *testing.T, c *chart.Chart, values map[string]any) ([]document, error) {
	t.Helper()
	complete, err := chartutil.ToRenderValues(c, values,
		chartutil.ReleaseOptions{Name: "tasks", Namespace: "tasks", IsInstall: true, Revision: 1}, chartutil.DefaultCapabilities)
	if err != nil {
		return nil, err
	}
	files, err := engine.Render(c, complete)
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

// pods returns the pods of the deployments and jobs of these values by the names of these.
func pods(t *testing.T, values map[string]any) map[string]corev1.PodSpec {
	t.Helper()
	all := map[string]corev1.PodSpec{}
	for name, d := range deployments(t, values) {
		require.Subset(t, d.Spec.Template.Labels, d.Spec.Selector.MatchLabels, name)
		all[name] = d.Spec.Template.Spec
	}
	documents, err := render(t, values)
	require.NoError(t, err)
	for _, d := range documents {
		if d.Kind == "Job" {
			var job batchv1.Job
			require.NoError(t, yaml.UnmarshalStrict([]byte(d.text), &job))
			all[d.Metadata.Name] = job.Spec.Template.Spec
		}
	}
	return all
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
		for of, pod := range pods(t, readValues(t, name)) {
			require.True(t, *pod.SecurityContext.RunAsNonRoot, of)
			require.Equal(t, corev1.SeccompProfileTypeRuntimeDefault, pod.SecurityContext.SeccompProfile.Type, of)
			require.False(t, *pod.AutomountServiceAccountToken, of)
			require.NotNil(t, pod.EnableServiceLinks, of)
			require.False(t, *pod.EnableServiceLinks, "%s: programs refuse a variable TASKQUEUE_API_SERVICE_HOST", of)
			volumes := map[string]bool{}
			for _, v := range pod.Volumes {
				volumes[v.Name] = true
			}
			for _, c := range pod.Containers {
				require.True(t, *c.SecurityContext.ReadOnlyRootFilesystem, of)
				require.False(t, *c.SecurityContext.AllowPrivilegeEscalation, of)
				require.Equal(t, []corev1.Capability{"ALL"}, c.SecurityContext.Capabilities.Drop, of)
				require.NotEmpty(t, c.Resources.Requests, of)
				for _, m := range c.VolumeMounts {
					require.Contains(t, volumes, m.Name, of)
				}
			}
		}
	}
}

func TestPodsThatGoOnAreProbed(t *testing.T) {
	t.Parallel()
	for of, d := range deployments(t, readValues(t, "full")) {
		c := d.Spec.Template.Spec.Containers[0]
		for _, probe := range []*corev1.Probe{c.LivenessProbe, c.ReadinessProbe, c.StartupProbe} {
			require.Equal(t, "metrics", probe.HTTPGet.Port.StrVal, of)
		}
		require.Equal(t, "/healthz", c.LivenessProbe.HTTPGet.Path, "whoever restarts it must not do so because Temporal is down")
		require.Equal(t, "/readyz", c.ReadinessProbe.HTTPGet.Path)
		require.True(t, slices.ContainsFunc(c.Ports, func(p corev1.ContainerPort) bool { return p.Name == "metrics" }))
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
	require.Equal(t, "ghcr.io/distributed-task-queue/taskqueue-worker:v1.2.3", urgent.Spec.Template.Spec.Containers[0].Image)
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
		value = evaluate(t, two+"\n taskqueue_queue_workers{queue=\"imports\",namespace=\"tasks\"} 2x30", queries[name], 10*time.Minute)
		require.Len(t, value, 1, name)
		value = evaluate(t, `taskqueue_queue_waiting{queue="imports",namespace="tasks"} 0x30`, queries[name], 10*time.Minute)
		require.Len(t, value, 1, name)
		require.Zero(t, value[0].F, name)
	}
	const lost = ` taskqueue_queue_workers{queue="lost",namespace="tasks"} 2x30`
	require.Empty(t, evaluate(t, two+"\n"+lost, queries["tasks-taskqueue-worker-rest"], 10*time.Minute), "of one of its queues the store is away")
	require.Len(t, evaluate(t, two+"\n"+lost, queries["tasks-taskqueue-worker-imports"], 10*time.Minute), 1, "which is none of this pool's")
}

func TestTheImagesAreThoseOfTheRelease(t *testing.T) {
	t.Parallel()
	c, err := loader.Load(chartFolder)
	require.NoError(t, err)
	c.Metadata.Version, c.Metadata.AppVersion = "2.0.0", "v2.0.0" // as `make chart VERSION=v2.0.0` packages it
	documents, err := renderChart(t, c, map[string]any{"api": map[string]any{"keysSecret": "keys"}})
	require.NoError(t, err)
	var images []string
	for _, d := range documents {
		images = append(images, regexp.MustCompile(`image: (\S+)`).FindAllString(d.text, -1)...)
	}
	require.ElementsMatch(t, []string{
		"image: ghcr.io/distributed-task-queue/taskqueue-api:v2.0.0", "image: ghcr.io/distributed-task-queue/taskqueue-taskctl:v2.0.0",
		"image: ghcr.io/distributed-task-queue/taskqueue-worker:v2.0.0",
	}, images)
}

// A server whose certificate is of a private authority need not ask its clients for theirs.
func TestTheConnectionToTemporalIsAsItsSecretSays(t *testing.T) {
	t.Parallel()
	variables := func(temporal map[string]any) (names []string) {
		values := readValues(t, "minimal")
		values["temporal"] = temporal
		for _, e := range deployments(t, values)["tasks-taskqueue-api"].Spec.Template.Spec.Containers[0].Env {
			if strings.HasPrefix(e.Name, "TEMPORAL_TLS") {
				names = append(names, e.Name)
			}
		}
		return names
	}
	require.Empty(t, variables(nil))
	require.Equal(t, []string{"TEMPORAL_TLS_CLIENT_CERT_PATH", "TEMPORAL_TLS_CLIENT_KEY_PATH"}, variables(map[string]any{"tlsSecret": "s"}))
	require.Equal(t, []string{"TEMPORAL_TLS_SERVER_CA_CERT_PATH"}, variables(map[string]any{"tlsSecret": "s", "tlsClient": false, "tlsCA": true}))
}

func TestMistakesInValuesAreTold(t *testing.T) {
	t.Parallel()
	for want, wrong := range map[string]string{
		"api.keysSecret":     `{api: {keysSecret: ""}}`,
		"set image.tag":      `{image: {tag: ""}}`,
		"temporal.tlsClient": `{temporal: {tlsSecret: tls, tlsClient: false}}`,
		"api.ingress.host":   `{api: {ingress: {enabled: true}}}`,
		"replicsa":           `{api: {replicsa: 2}}`,
		"temporl":            `{temporl: {}}`,
		"concurrency":        `{workers: {a: {concurrency: many}}}`,
		"autoscalng":         `{workers: {a: {autoscalng: 1}}}`,
	} {
		values, err := chartutil.ReadValues([]byte(wrong))
		require.NoError(t, err)
		_, err = render(t, chartutil.CoalesceTables(values, readValues(t, "minimal")))
		require.ErrorContains(t, err, want)
	}
}
