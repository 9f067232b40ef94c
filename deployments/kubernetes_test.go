package deployments

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	"sigs.k8s.io/yaml"
)

// document is one object for Kubernetes.
type document struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Metadata   struct {
		Name string `json:"name"`
	} `json:"metadata"`
	text string
}

func newDocument(t *testing.T, text string) document {
	t.Helper()
	d := document{text: text}
	require.NoError(t, yaml.Unmarshal([]byte(text), &d), text)
	return d
}

// kinds are the types of what the chart makes, by apiVersion and kind.
var kinds = map[string]func() any{
	"apps/v1 Deployment":                      func() any { return new(appsv1.Deployment) },
	"batch/v1 Job":                            func() any { return new(batchv1.Job) },
	"monitoring.coreos.com/v1 PodMonitor":     func() any { return new(monitoringv1.PodMonitor) },
	"monitoring.coreos.com/v1 PrometheusRule": func() any { return new(monitoringv1.PrometheusRule) },
	"networking.k8s.io/v1 Ingress":            func() any { return new(networkingv1.Ingress) },
	"networking.k8s.io/v1 NetworkPolicy":      func() any { return new(networkingv1.NetworkPolicy) },
	"policy/v1 PodDisruptionBudget":           func() any { return new(policyv1.PodDisruptionBudget) },
	"v1 ConfigMap":                            func() any { return new(corev1.ConfigMap) },
	"v1 Service":                              func() any { return new(corev1.Service) },
	"v1 ServiceAccount":                       func() any { return new(corev1.ServiceAccount) },
}

// validate returns an error unless every field exists and has the right type.
func (d document) validate(t *testing.T) error {
	t.Helper()
	if d.Kind == "ScaledObject" {
		return d.validateScaledObject(t)
	}
	empty, known := kinds[d.APIVersion+" "+d.Kind]
	require.True(t, known, "%s %s", d.APIVersion, d.Kind)
	return yaml.UnmarshalStrict([]byte(d.text), empty())
}

// keda is the release whose definition of ScaledObject counts. Its Go types would bring hundreds of packages.
const keda = "github.com/kedacore/keda/v2@v2.21.0"

// scaledObjects is KEDA's own definition. It is in no go.mod, so this downloads it, unless it is in the cache of modules; a proxy may fail for a moment.
var scaledObjects = sync.OnceValues(func() (content []byte, err error) {
	for attempt := range 4 {
		time.Sleep(time.Duration(attempt) * 5 * time.Second)
		var output []byte
		if output, err = exec.Command("go", "mod", "download", "-json", keda).Output(); err != nil {
			err = fmt.Errorf("download %s: %w: %s", keda, err, output)
			continue
		}
		var module struct{ Dir string }
		if err := json.Unmarshal(output, &module); err != nil {
			return nil, err
		}
		return os.ReadFile(filepath.Join(module.Dir, "config/crd/bases/keda.sh_scaledobjects.yaml"))
	}
	return nil, err
})

func (d document) validateScaledObject(t *testing.T) error {
	t.Helper()
	content, err := scaledObjects()
	if err != nil && os.Getenv("TEST_KEDA") != "required" {
		t.Skip(err)
	}
	require.NoError(t, err)
	var definition struct {
		Spec struct {
			Versions []struct {
				Name   string
				Schema struct{ OpenAPIV3Schema map[string]any }
			}
		}
	}
	require.NoError(t, yaml.Unmarshal(content, &definition))
	version := definition.Spec.Versions[0]
	require.Equal(t, "keda.sh/"+version.Name, d.APIVersion)
	properties := strict(version.Schema.OpenAPIV3Schema).(map[string]any)["properties"].(map[string]any)
	properties["metadata"] = map[string]any{"type": "object"}
	compiler := jsonschema.NewCompiler()
	require.NoError(t, compiler.AddResource("scaledobject.json", strict(version.Schema.OpenAPIV3Schema)))
	schema, err := compiler.Compile("scaledobject.json")
	require.NoError(t, err)
	var object any
	require.NoError(t, yaml.Unmarshal([]byte(d.text), &object))
	return schema.Validate(object)
}

func TestMistakesInObjectsAreFound(t *testing.T) {
	t.Parallel()
	for want, text := range map[string]string{
		"minReplicas":  `{apiVersion: keda.sh/v1alpha1, kind: ScaledObject, spec: {scaleTargetRef: {name: a}, minReplicas: 1, triggers: [{type: cpu, metadata: {}}]}}`,
		"threshold":    `{apiVersion: keda.sh/v1alpha1, kind: ScaledObject, spec: {scaleTargetRef: {name: a}, triggers: [{type: prometheus, metadata: {threshold: 5}}]}}`,
		"livenesProbe": `{apiVersion: apps/v1, kind: Deployment, spec: {template: {spec: {containers: [{name: a, livenesProbe: {}}]}}}}`,
		"replicas":     `{apiVersion: apps/v1, kind: Deployment, spec: {replicas: many}}`,
		"endpoint":     `{apiVersion: monitoring.coreos.com/v1, kind: PodMonitor, spec: {endpoint: a}}`,
	} {
		require.ErrorContains(t, newDocument(t, text).validate(t), want)
	}
}

// strict makes a schema of Kubernetes refuse unknown fields, as the API server does when it is asked to.
func strict(schema any) any {
	switch s := schema.(type) {
	case map[string]any:
		for key, value := range s {
			s[key] = strict(value)
		}
		_, structured := s["properties"].(map[string]any)
		if _, open := s["additionalProperties"]; structured && !open && s["type"] == "object" && s["x-kubernetes-preserve-unknown-fields"] == nil {
			s["additionalProperties"] = false
		}
		if s["x-kubernetes-int-or-string"] == true {
			delete(s, "format")
		}
	case []any:
		for i := range s {
			s[i] = strict(s[i])
		}
	}
	return schema
}
