package main

import (
	"os"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
)

// documented are the rows of the tables in docs/metrics.md, which begin with the name, the type and the labels of a metric.
var documented = regexp.MustCompile("(?m)^\\| `(\\w+)` \\| (gauge|counter|histogram) \\| ([^|]*)\\|")

// requireDocumented holds the metrics that a program exports, all of ours and those of others that are documented, against
// docs/metrics.md. Dashboards and alerts are held against it too. What has not happened here need not be there: relays, tasks that
// were handed back, and calls and actions that failed.
func requireDocumented(t *testing.T, exported string) {
	t.Helper()
	page, err := os.ReadFile("../../docs/metrics.md")
	require.NoError(t, err)
	var names []string
	for _, row := range documented.FindAllStringSubmatch(string(page), -1) {
		name, kind, labels := row[1], row[2], row[3]
		names = append(names, name)
		if regexp.MustCompile("^taskqueue_(relay|handed_back)_|_fail").MatchString(name) {
			continue
		}
		require.Contains(t, exported, "\n# TYPE "+name+" "+kind+"\n")
		if kind == "histogram" {
			name += "_count"
		}
		sample := regexp.MustCompile(`(?m)^` + name + `(\{.*\})? `).FindString(exported)
		require.NotEmpty(t, sample, name)
		for _, label := range regexp.MustCompile(`\w+`).FindAllString(labels, -1) {
			require.Regexp(t, `[{,]`+label+`="`, sample, name)
		}
	}
	require.NotEmpty(t, names)
	for _, row := range regexp.MustCompile(`(?m)^# TYPE (taskqueue_\S+) `).FindAllStringSubmatch(exported, -1) {
		require.Contains(t, names, row[1])
	}
}
