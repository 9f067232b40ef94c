package deployments

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/stretchr/testify/require"
)

// metrics are the labels of every metric, by its name.
type metrics map[string][]string

// anywhere are labels that Prometheus adds to every metric.
var anywhere = []string{"job", "instance", "namespace"}

// documentedMetrics returns what docs/metrics.md tells of metrics. A test of cmd/standalone holds that against what a program exports.
func documentedMetrics(t *testing.T) metrics {
	t.Helper()
	page, err := os.ReadFile("../docs/metrics.md")
	require.NoError(t, err)
	all := metrics{"up": nil, "process_cpu_seconds_total": nil, "process_resident_memory_bytes": nil, "go_goroutines": nil}
	for name := range all {
		if name != "up" {
			require.Contains(t, string(page), "`"+name+"`")
		}
	}
	word := regexp.MustCompile(`\w+`)
	for _, row := range regexp.MustCompile("(?m)^\\| `(\\w+)` \\| (gauge|counter|histogram) \\| ([^|]*)\\|").FindAllStringSubmatch(string(page), -1) {
		name, of := row[1], word.FindAllString(row[3], -1)
		if row[2] != "histogram" {
			all[name] = of
			continue
		}
		all[name+"_bucket"] = append(slices.Clone(of), "le")
		all[name+"_count"], all[name+"_sum"] = of, of
	}
	require.Greater(t, len(all), 40)
	return all
}

// check requires that the expression is valid, and uses metrics that exist with labels that they have.
func (m metrics) check(t *testing.T, expression string) {
	t.Helper()
	parsed, err := parser.NewParser(parser.Options{}).ParseExpr(strings.NewReplacer("$__rate_interval", "5m").Replace(expression))
	require.NoError(t, err, expression)
	var known []string
	parser.Inspect(parsed, func(node parser.Node, _ []parser.Node) error {
		selector, ok := node.(*parser.VectorSelector)
		if !ok {
			return nil
		}
		require.Contains(t, m, selector.Name, expression)
		of := slices.Concat(m[selector.Name], anywhere)
		known = append(known, of...)
		for _, matcher := range selector.LabelMatchers {
			if matcher.Name != model.MetricNameLabel {
				require.Contains(t, of, matcher.Name, "%s in %s", selector.Name, expression)
			}
		}
		return nil
	})
	require.NotEmpty(t, known, expression)
	parser.Inspect(parsed, func(node parser.Node, _ []parser.Node) error {
		if aggregate, ok := node.(*parser.AggregateExpr); ok {
			require.Subset(t, known, aggregate.Grouping, expression)
		}
		return nil
	})
}
