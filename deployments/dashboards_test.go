package deployments

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// dashboard is what the tests read of a dashboard.
type dashboard struct {
	UID, Title string
	Templating struct {
		List []struct{ Name, Type, Definition string }
	}
	Panels []struct {
		ID          int
		Type, Title string
		GridPos     struct{ H, W, X, Y int }
		Targets     []struct{ Expr, LegendFormat string }
		Datasource  struct{ UID string }
		FieldConfig struct{ Defaults struct{ Unit string } }
	}
}

func TestDashboardsShowMetricsThatExist(t *testing.T) {
	t.Parallel()
	known := documentedMetrics(t)
	files, err := filepath.Glob("helm/taskqueue/files/dashboards/*.json")
	require.NoError(t, err)
	require.Len(t, files, 2)
	shown := map[string]bool{}
	for _, file := range files {
		content, err := os.ReadFile(file)
		require.NoError(t, err)
		var d dashboard
		require.NoError(t, json.Unmarshal(content, &d), file)
		require.NotContains(t, shown, d.UID)
		shown[d.UID] = true
		variables := map[string]bool{"__rate_interval": true, "__all": true}
		for _, v := range d.Templating.List {
			variables[v.Name] = true
			if labels := regexp.MustCompile(`^label_values\((\w+)(?:\{namespace=~"\$namespace"\})?, (\w+)\)$`).FindStringSubmatch(v.Definition); labels != nil {
				require.Contains(t, slices.Concat(known[labels[1]], anywhere), labels[2], file)
			} else {
				require.Equal(t, "datasource", v.Type, file)
			}
		}
		for _, used := range regexp.MustCompile(`\$\{?(\w+)`).FindAllStringSubmatch(string(content), -1) {
			require.Contains(t, variables, used[1], file)
		}
		ids, row := map[int]bool{}, 0
		for _, p := range d.Panels {
			require.NotContains(t, ids, p.ID, "%s: %s", file, p.Title)
			ids[p.ID] = true
			require.LessOrEqual(t, p.GridPos.X+p.GridPos.W, 24, "%s: %s", file, p.Title)
			require.GreaterOrEqual(t, p.GridPos.Y, row, "%s: %s", file, p.Title)
			row = p.GridPos.Y
			if p.Type == "row" {
				continue
			}
			require.NotEmpty(t, p.Targets, "%s: %s", file, p.Title)
			require.NotEmpty(t, p.FieldConfig.Defaults.Unit, "%s: %s", file, p.Title)
			for _, target := range p.Targets {
				known.check(t, target.Expr)
				require.Contains(t, target.Expr, `{namespace=~"$namespace"`, "%s: %s", file, p.Title)
			}
		}
	}
}
