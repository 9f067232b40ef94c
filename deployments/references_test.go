package deployments

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/types"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"
)

// readYAML reads a file strictly into what the tests know of it.
func readYAML(t *testing.T, file string, into any) {
	t.Helper()
	content, err := os.ReadFile(file)
	require.NoError(t, err)
	require.NoError(t, yaml.UnmarshalStrict(content, into), file)
}

// mounted reports whether a service of a compose file has something at the path.
func mounted(s types.ServiceConfig, path string) bool {
	return slices.ContainsFunc(s.Volumes, func(v types.ServiceVolumeConfig) bool { return v.Target == path })
}

func TestPrometheusCollectsFromServicesThatExist(t *testing.T) {
	t.Parallel()
	var c struct {
		Global     map[string]string `json:"global"`
		RuleFiles  []string          `json:"rule_files"`
		ScrapeJobs []struct {
			Name string `json:"job_name"`
			DNS  []struct {
				Names   []string `json:"names"`
				Type    string   `json:"type"`
				Port    int      `json:"port"`
				Refresh string   `json:"refresh_interval"`
			} `json:"dns_sd_configs"`
			Static []struct {
				Targets []string `json:"targets"`
			} `json:"static_configs"`
		} `json:"scrape_configs"`
	}
	readYAML(t, "prometheus/prometheus.yaml", &c)
	project := loadCompose(t, "compose/full.yaml")
	for _, file := range c.RuleFiles {
		require.True(t, mounted(project.Services["prometheus"], file), file)
	}
	var found []string
	for _, job := range c.ScrapeJobs {
		for _, d := range job.DNS {
			require.Equal(t, 9090, d.Port, "metrics.listen")
			require.Regexp(t, "taskqueue", job.Name, "alerts look for that")
			found = append(found, d.Names...)
		}
		for _, s := range job.Static {
			for _, target := range s.Targets {
				found = append(found, strings.TrimSuffix(target, ":9090"))
			}
		}
	}
	require.ElementsMatch(t, []string{"api", "worker", "temporal"}, found)
	require.Subset(t, project.ServiceNames(), found)
	require.Contains(t, project.Services["api-2"].Networks["default"].Aliases, "api", "so that both are found")
}

func TestGrafanaFindsItsDashboards(t *testing.T) {
	t.Parallel()
	var providers struct {
		APIVersion int `json:"apiVersion"`
		Providers  []struct {
			Name, Folder, Type string
			AllowUIUpdates     bool `json:"allowUiUpdates"`
			Options            struct{ Path string }
		} `json:"providers"`
	}
	readYAML(t, "grafana/provisioning/dashboards/dashboards.yaml", &providers)
	project := loadCompose(t, "compose/full.yaml")
	require.True(t, mounted(project.Services["grafana"], providers.Providers[0].Options.Path))

	var sources struct {
		APIVersion  int `json:"apiVersion"`
		Datasources []struct {
			Name, UID, Type, Access, URL string
			IsDefault                    bool
		} `json:"datasources"`
	}
	readYAML(t, "grafana/provisioning/datasources/datasources.yaml", &sources)
	for _, s := range sources.Datasources {
		require.Contains(t, project.ServiceNames(), regexp.MustCompile(`^http://([a-z]+):`).FindStringSubmatch(s.URL)[1])
	}
}

func TestTheCollectorsPipelinesAreWhole(t *testing.T) {
	t.Parallel()
	var c struct {
		Receivers, Processors, Exporters map[string]any
		Service                          struct {
			Telemetry map[string]any
			Pipelines map[string]struct{ Receivers, Processors, Exporters []string }
		}
	}
	readYAML(t, "opentelemetry/collector.yaml", &c)
	require.Contains(t, c.Service.Pipelines, "traces")
	for _, p := range c.Service.Pipelines {
		for _, name := range p.Receivers {
			require.Contains(t, c.Receivers, name)
		}
		for _, name := range p.Processors {
			require.Contains(t, c.Processors, name)
		}
		for _, name := range p.Exporters {
			require.Contains(t, c.Exporters, name)
		}
	}
	address := loadCompose(t, "compose/full.yaml").Services["worker"].Environment["OTEL_EXPORTER_OTLP_ENDPOINT"]
	require.Equal(t, "http://otel-collector:4318", *address)
}
