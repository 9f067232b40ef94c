package deployments

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"
	"github.com/stretchr/testify/require"
)

// loadCompose returns the project that a compose file is, with the tools' profile, as Docker Compose reads it.
func loadCompose(t *testing.T, file string) *types.Project {
	t.Helper()
	options, err := cli.NewProjectOptions([]string{file}, cli.WithProfiles([]string{"tools"}),
		cli.WithEnv([]string{"POSTGRES_PASSWORD=p", "ELASTIC_PASSWORD=e", "GRAFANA_PASSWORD=g"}))
	require.NoError(t, err)
	project, err := options.LoadProject(t.Context())
	require.NoError(t, err)
	return project
}

func TestComposeFilesAreValid(t *testing.T) {
	t.Parallel()
	for file, services := range map[string][]string{
		"compose/single.yaml": {"api", "init", "taskctl", "temporal", "worker"},
		"compose/full.yaml": {
			"api", "api-2", "elasticsearch", "grafana", "init", "jaeger", "otel-collector", "postgres", "prometheus", "schema", "taskctl",
			"temporal", "temporal-ui", "worker",
		},
	} {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			project := loadCompose(t, file)
			require.ElementsMatch(t, services, project.ServiceNames())
			for name, service := range project.Services {
				checkService(t, name, service)
			}
			for name, c := range project.Configs {
				require.FileExists(t, c.File, name)
			}
		})
	}
}

func checkService(t *testing.T, name string, s types.ServiceConfig) {
	t.Helper()
	require.NotContains(t, s.Image, ":latest", name)
	require.Contains(t, s.Image, ":", "%s: the image must have a version", name)
	for _, v := range s.Volumes {
		if v.Type == types.VolumeTypeBind {
			_, err := os.Stat(v.Source)
			require.NoError(t, err, name)
			require.True(t, v.ReadOnly, "%s may write to %s", name, v.Source)
		}
	}
	for _, p := range s.Ports {
		require.Equal(t, "127.0.0.1", p.HostIP, "%s: port %s is open to the world", name, p.Published)
	}
	if s.Build == nil {
		return
	}
	require.True(t, s.ReadOnly, name)
	require.Equal(t, []string{"ALL"}, s.CapDrop, name)
	require.Contains(t, stages(t), s.Build.Target, name)
	require.FileExists(t, filepath.Join(s.Build.Context, s.Build.Dockerfile), name)
}

// What the programs are told in a container, in their file and in their environment, they must understand.
func TestComposeConfigurationIsUnderstood(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"compose/single.yaml", "compose/full.yaml"} {
		project := loadCompose(t, file)
		path := project.Configs["taskqueue"].File
		for _, service := range project.Services {
			if service.Build == nil {
				continue
			}
			var environment []string
			for key, value := range service.Environment {
				environment = append(environment, key+"="+*value)
			}
			requireUnderstood(t, path, environment)
		}
		require.NotNil(t, project.Services["api"].StopGracePeriod, file)
		require.Greater(t, time.Duration(*project.Services["api"].StopGracePeriod), apiShutdown(t)+10*time.Second, "requests that run need their time")
		require.Greater(t, time.Duration(*project.Services["worker"].StopGracePeriod), shutdownTimeout(t, path)+10*time.Second,
			"cancelled tasks need time to be recorded")
	}
}

// Temporal's development server makes the namespace default itself, and keeps what has ended there for a day.
func TestTheSingleMachineKeepsTasksForLongerThanADay(t *testing.T) {
	t.Parallel()
	for name, service := range loadCompose(t, "compose/single.yaml").Services {
		if service.Build != nil {
			require.NotEqual(t, "default", *service.Environment["TEMPORAL_NAMESPACE"], name)
		}
	}
}
